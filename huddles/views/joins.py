"""Joining two records of one person, and parting them again: each step by somebody else than the one before."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from huddles.forms.people import ReasonForm
from huddles.lifecycle import MergeState
from huddles.models import PersonMerge
from huddles.permissions import people as permissions
from huddles.services import looks, merges
from huddles.services.people import details_of
from huddles.views.access import visit
from huddles.views.acts import Act, Press, Way
from huddles.views.people import FIELD_WORDS, said
from partners.permissions import NotVisible

STATE_WORDS = {
    MergeState.ASKED: "Waits for somebody else to confirm",
    MergeState.REFUSED: "Not the same person",
    MergeState.MERGED: "Joined",
    MergeState.UNDO_ASKED: "Waits for somebody else to part them",
    MergeState.UNDONE: "Parted again",
}


@require_safe
def join(request: HttpRequest, slug: str, merge_id: int) -> HttpResponse:
    """Show two records side by side, to those around both people, and the next step."""
    seen = visit(request)
    merge = permissions.get_merge(seen.viewer, slug, merge_id, seen.at)
    looks.looked(people=[merge.kept, merge.merged], why="join", by=seen.by, at=seen.at)
    kept, merged = asdict(details_of(merge.kept)), asdict(details_of(merge.merged))
    context = {
        "centre": merge.kept.centre,
        "merge": merge,
        "rows": [(words, said(kept[name]), said(merged[name])) for name, words in FIELD_WORDS.items()],
        "state": STATE_WORDS[MergeState(merge.state)],
        "asked_by_me": seen.user.pk
        == (merge.asked_by_id if merge.state == MergeState.ASKED else merge.undo_asked_by_id),
    }
    return render(request, "huddles/people/join.jinja", context)


class _OfMerge(Press):
    """One step of a merge."""

    merge: PersonMerge

    def load(self, named: Mapping[str, str]) -> None:
        """Load the merge, for those around both people."""
        self.merge = permissions.get_merge(self.seen.viewer, named["slug"], int(named["merge_id"]), self.seen.at)
        self.centre = self.merge.kept.centre
        self.back = Way(reverse("huddles:join", args=[self.centre.slug, self.merge.pk]), "Both records")

    def done(self) -> str:
        """Lead to both records, or to what of them is still open to whoever did it: records that part may close."""
        viewer, slug, at = self.seen.viewer, self.centre.slug, self.seen.at
        with suppress(NotVisible, PermissionDenied):
            permissions.get_merge(viewer, slug, self.merge.pk, at)
            return super().done()
        for each in (self.merge.kept, self.merge.merged):
            with suppress(NotVisible):
                permissions.get_record(viewer, slug, each.reference, at)
                return reverse("huddles:person", args=[slug, each.reference])
        return reverse("huddles:people", args=[slug])


class Confirm(_OfMerge):
    """Confirm what somebody else asked for."""

    def press(self) -> str:
        """Join them."""
        merges.confirm_merge(merge=self.merge, by=self.seen.by, at=self.seen.at)
        return "Both records read as one now"


class Refuse(_OfMerge):
    """Say that these are two people, or withdraw what one asked for."""

    def press(self) -> str:
        """Refuse it."""
        merges.refuse_merge(merge=self.merge, by=self.seen.by, at=self.seen.at)
        return "Both records stay as they are"


class Undo(_OfMerge):
    """Part two records as somebody else asked."""

    def press(self) -> str:
        """Part them."""
        merges.undo_merge(merge=self.merge, by=self.seen.by, at=self.seen.at)
        return "These are two records again"


class Keep(_OfMerge):
    """Say that a merge was right after all."""

    def press(self) -> str:
        """Keep it."""
        merges.keep_merge(merge=self.merge, by=self.seen.by, at=self.seen.at)
        return "Both records stay one"


class AskUndo(Act[ReasonForm]):
    """Ask that two records are parted again."""

    title = "Part these records again"
    introduction = "Nothing changes until somebody else does it."
    button = "Ask for it"
    merge: PersonMerge

    def load(self, named: Mapping[str, str]) -> None:
        """Load the merge, for those around both people."""
        self.merge = permissions.get_merge(self.seen.viewer, named["slug"], int(named["merge_id"]), self.seen.at)
        self.centre = self.merge.kept.centre
        self.back = Way(reverse("huddles:join", args=[self.centre.slug, self.merge.pk]), "Both records")

    def form(self, data: Mapping[str, object] | None = None) -> ReasonForm:
        """Return the form."""
        return ReasonForm(data)

    def act(self, form: ReasonForm) -> str:
        """Ask for it."""
        merges.ask_undo(merge=self.merge, reason=form.cleaned_data["reason"], by=self.seen.by, at=self.seen.at)
        return "Asked. Somebody else around them has to do it"
