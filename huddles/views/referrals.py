"""Referrals: the inbox, one referral, referring somebody, triage, the answer and handing back."""

from collections.abc import Mapping, Sequence

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from huddles.forms.referrals import AnswerForm, HandBackForm, ReferForm, TriageForm
from huddles.lifecycle import REFERRAL_NAMES, REFERRAL_OPEN, ReferralState
from huddles.models import Referral, Stream
from huddles.permissions import referrals as permissions
from huddles.queries import referrals as queries
from huddles.queries import streams as stream_queries
from huddles.queries.people import kept_of
from huddles.services import looks, referrals
from huddles.services.referrals import Referrer
from huddles.views.access import visit
from huddles.views.acts import Act, Theirs, Way, paged, ways
from nhc import formats, identity, searches
from partners.permissions import NotVisible

STATES: Mapping[str, tuple[str, ...]] = {
    "": (),
    "triage": (ReferralState.RECEIVED,),
    "answer": (ReferralState.TRIAGED,),
    "answered": (ReferralState.ANSWERED, ReferralState.HANDED_BACK),
}
_STATE_WORDS = [("", "All"), ("triage", "Wait for triage"), ("answer", "Wait for an answer"), ("answered", "Answered")]


@require_http_methods(["GET", "HEAD", "POST"])
def inbox(request: HttpRequest, slug: str) -> HttpResponse:
    """List the referrals of people whom the person supports, with filters; a search is sent by POST and kept."""
    seen = visit(request)
    found = permissions.get_inbox_for(seen.viewer, slug, seen.at)
    centre, search = found.centre, f"referrals {found.centre.pk}"
    if request.method == "POST":
        searches.keep_words(request, search)
        return redirect("huddles:referrals", slug)
    sought = searches.words(request, search)
    streams = stream_queries.streams_of(centre, retired=True)
    kept = _kept(request, streams)
    rows = queries.inbox(
        centre,
        found.findable if sought else found.visible,
        states=STATES[kept["state"]],
        stream=kept["stream"],
        overdue_at=seen.at if kept["overdue"] else None,
    )
    page = paged(request, queries.sought(rows, sought) if sought else rows)
    shown = [(each, kept_of(each.episode.person)) for each in page]
    looks.looked(
        people={person.pk: person for _, person in shown}.values(),
        why="search" if sought else "referrals",
        by=seen.by,
        at=seen.at,
    )
    context = {
        "centre": centre,
        "page": page,
        "shown": shown,
        "responsible": queries.teams_of([each for each, _ in shown]),
        "kept": kept,
        "sought": sought,
        "at": seen.at,
        "names": REFERRAL_NAMES,
        "waiting": queries.waiting(centre, seen.at),
        "manages": found.manages,
        "filters": _filters(reverse("huddles:referrals", args=[centre.slug]), kept, streams),
    }
    return render(request, "huddles/referrals/inbox.jinja", context)


def _kept(request: HttpRequest, streams: Sequence[Stream]) -> dict[str, str]:
    """Return the filters that an address names; what is no filter counts as none."""
    asked = {name: request.GET.get(name, "") for name in ("state", "stream", "overdue")}
    return {
        "state": asked["state"] if asked["state"] in STATES else "",
        "stream": asked["stream"] if asked["stream"] in {stream.code for stream in streams} else "",
        "overdue": "yes" if asked["overdue"] == "yes" else "",
    }


def _filters(path: str, kept: Mapping[str, str], streams: Sequence[Stream]) -> list[tuple[str, list[Way]]]:
    return [
        ("State", ways(path, kept, "state", _STATE_WORDS)),
        ("Stream", ways(path, kept, "stream", [("", "Any"), *((each.code, each.name) for each in streams)])),
        ("Triage", ways(path, kept, "overdue", [("", "Any"), ("yes", "Overdue")])),
    ]


@require_safe
def one_referral(request: HttpRequest, slug: str, referral: str) -> HttpResponse:
    """Show one referral: what was said, who is responsible, and what the person may do with it."""
    seen = visit(request)
    found = permissions.get_referral_for(seen.viewer, slug, referral, seen.at)
    shown = found.referral
    looks.looked(people=[found.record.person], why="referral", by=seen.by, at=seen.at)
    context = {
        "centre": shown.centre,
        "referral": shown,
        "person": found.record.person,
        "responsible": queries.teams_of([shown])[shown.pk],
        "moves": queries.moves_of(shown),
        "may_act": found.may_act and shown.state in REFERRAL_OPEN,
        "overdue": shown.state == ReferralState.RECEIVED and shown.due_at <= seen.at,
        "at": seen.at,
        "names": REFERRAL_NAMES,
    }
    return render(request, "huddles/referrals/referral.jinja", context)


@require_safe
def made(request: HttpRequest, slug: str) -> HttpResponse:
    """List the referrals that the person made for whom they work for now: by reference, with the answer.

    Nothing about whom they were for. That an answer was read is recorded.
    """
    seen = visit(request)
    centre, organisations = permissions.get_centre_to_refer(seen.viewer, slug, seen.at)
    page = paged(request, queries.made_by(seen.user.pk, centre, organisations, seen.at))
    answered = [each for each in page if each.answer and queries.shares(each)]
    for each in answered:
        referrals.note_answer_read(referral=each, by=seen.by, at=seen.at)
    answers = {each.pk: each.answer for each in answered}
    context = {"centre": centre, "page": page, "answers": answers, "names": REFERRAL_NAMES}
    return render(request, "huddles/referrals/made.jinja", context)


class Refer(Act[ReferForm]):
    """Refer somebody to the centre."""

    title = "Refer somebody"
    introduction = (
        "The team at the front door reads this, decides within 24 hours how to take it further, and answers you."
    )
    button = "Send the referral"
    template = "huddles/referrals/refer.jinja"

    def load(self, named: Mapping[str, str]) -> None:
        """Load the centre, for staff of its partners."""
        self.centre, self.organisations = permissions.get_centre_to_refer(self.seen.viewer, named["slug"], self.seen.at)
        self.back = Way(reverse("huddles:referrals-made", args=[self.centre.slug]), "Referrals you made")

    def form(self, data: Mapping[str, object] | None = None) -> ReferForm:
        """Return the form with a key of its own."""
        return ReferForm(data, organisations=self.organisations, today=self.seen.today, form_key=identity.uuid7())

    def act(self, form: ReferForm) -> str:
        """Send it."""
        referrer = Referrer(source=Referral.Source.STAFF, organisation=form.organisation(), name=self.seen.user.name)
        received = referrals.receive_referral(
            centre=self.centre,
            details=form.details(),
            words=form.cleaned_data["words"],
            referrer=referrer,
            form_key=form.key(),
            by=self.seen.by,
            at=self.seen.at,
        ).referral
        return (
            f"Referral {received.reference} is received. "
            f"It is triaged by {formats.day_and_time(received.due_at)}, and you are told what happens"
        )

    def more(self) -> dict[str, object]:
        """Say where nobody receives referrals."""
        return {"door": stream_queries.front_door(self.centre, self.seen.at)}


class _OfReferral[Form: forms.Form](Act[Form]):
    """An act on a referral, by the team that is responsible."""

    def load(self, named: Mapping[str, str]) -> None:
        """Load the referral."""
        found = permissions.get_referral_to_act(self.seen.viewer, named["slug"], named["referral"], self.seen.at)
        self.referral, self.person, self.centre = found.referral, found.record.person, found.record.centre
        self.back = Way(reverse("huddles:referral", args=[self.centre.slug, self.referral.reference]), "Referral")

    def look(self) -> None:
        """Record the look: what was said stands above the form."""
        looks.looked(people=[self.person], why="referral", by=self.seen.by, at=self.seen.at)

    def theirs(self, error: ValidationError) -> Theirs | None:
        """Show how the referral stands now."""
        if not isinstance(error, referrals.Clash):
            return None
        now = error.referral
        stream = "" if now.stream is None else now.stream.name
        parts = [("State", REFERRAL_NAMES[ReferralState(now.state)]), ("Stream", stream), ("Answer", now.answer)]
        return Theirs(now.version, parts)

    def more(self) -> dict[str, object]:
        """Show what was said above the form."""
        return {"quoted": (f"Referral {self.referral.reference}", self.referral.words)}


class Triage(_OfReferral[TriageForm]):
    """Send a referral into a stream."""

    title = "Triage the referral"
    introduction = "Your team stays responsible until another team accepts a handover."
    button = "Send it into this stream"

    def form(self, data: Mapping[str, object] | None = None) -> TriageForm:
        """Return the form with the centre's streams."""
        return TriageForm(data, streams=stream_queries.streams_of(self.centre), referral=self.referral)

    def act(self, form: TriageForm) -> str:
        """Triage it."""
        stream, typed = form.stream(), form.cleaned_data
        referrals.triage_referral(
            referral=self.referral,
            stream=stream,
            version=typed["version"],
            answer=typed["answer"],
            by=self.seen.by,
            at=self.seen.at,
        )
        answered = "answered and " if typed["answer"] else ""
        return f"The referral is {answered}in the stream {stream.name}"


class Answer(_OfReferral[AnswerForm]):
    """Answer whoever referred."""

    title = "Answer whoever referred"
    button = "Send the answer"

    def form(self, data: Mapping[str, object] | None = None) -> AnswerForm:
        """Return the form."""
        return AnswerForm(data, initial={"version": self.referral.version})

    def act(self, form: AnswerForm) -> str:
        """Answer."""
        typed = form.cleaned_data
        referrals.answer_referral(
            referral=self.referral,
            answer=typed["answer"],
            version=typed["version"],
            by=self.seen.by,
            at=self.seen.at,
        )
        return "The referral is answered"


class HandBack(_OfReferral[HandBackForm]):
    """Hand a referral back."""

    title = "Hand the referral back"
    introduction = "This is the last resort. Whoever referred reads your answer, and the episode closes with it."
    button = "Hand it back"

    def form(self, data: Mapping[str, object] | None = None) -> HandBackForm:
        """Return the form."""
        return HandBackForm(data, initial={"version": self.referral.version})

    def act(self, form: HandBackForm) -> str:
        """Hand it back."""
        typed = form.cleaned_data
        referrals.hand_back_referral(
            referral=self.referral,
            answer=typed["answer"],
            alternatives_tried=typed["alternatives_tried"],
            version=typed["version"],
            by=self.seen.by,
            at=self.seen.at,
        )
        return "The referral is handed back"

    def done(self) -> str:
        """Lead to the list where the record closed with the episode, as it does when nothing else is open."""
        try:
            permissions.get_referral_for(self.seen.viewer, self.centre.slug, self.referral.reference, self.seen.at)
        except NotVisible:
            return reverse("huddles:referrals", args=[self.centre.slug])
        return super().done()
