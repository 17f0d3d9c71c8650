"""The shared risk register: what partners hold together, what is done about it, and where it is going."""

from collections.abc import Mapping

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from decisions.forms.risks import (
    IMPACTS,
    LIKELIHOODS,
    CloseForm,
    ControlForm,
    HolderForm,
    JudgementForm,
    OpenRiskForm,
    ReopenForm,
)
from decisions.permissions import forums as permissions
from decisions.queries import forums as forum_queries
from decisions.queries import risks as queries
from decisions.services import risks
from decisions.views.access import visit
from decisions.views.acts import Act, Press, Theirs, Way, paged, ways
from nhc import formats
from partners.permissions import NotVisible
from partners.queries import directory

STATES = [("open", "Open"), ("closed", "Closed"), ("all", "All")]


@require_safe
def risk_list(request: HttpRequest, slug: str) -> HttpResponse:
    """List the centre's shared risks, the highest first, and say how many of them charities carry."""
    seen = visit(request)
    access = permissions.get_forums_for(seen.viewer, slug, seen.at)
    centre = access.centre.centre
    forums = forum_queries.forums_of(centre)
    forum = next((each for each in forums if each.code == request.GET.get("forum")), None)
    state = request.GET.get("state", "open")
    kept = {
        "state": state if state in dict(STATES) else "open",
        "forum": "" if forum is None else forum.code,
        "held": "charities" if request.GET.get("held") == "charities" else "",
    }
    found = queries.risks_of(
        centre,
        forum=forum,
        state="" if kept["state"] == "all" else kept["state"],
        by_charities=bool(kept["held"]),
    )
    path = reverse("decisions:risks", args=[centre.slug])
    page = paged(request, found)
    context = {
        "centre": centre,
        "page": page,
        "trends": {risk.pk: queries.trend(vars(risk)["history"]) for risk in page.object_list},
        "kept": kept,
        "carried": queries.carried_by_charities(centre),
        "may_govern": any(each.kind in access.governs for each in forums),
        "today": seen.today,
        "filters": [
            ("State", ways(path, kept, "state", STATES)),
            ("Forum", ways(path, kept, "forum", [("", "All"), *((each.code, each.name) for each in forums)])),
            ("Held by", ways(path, kept, "held", [("", "Anyone"), ("charities", "A charity")])),
        ],
    }
    return render(request, "decisions/risks/list.jinja", context)


@require_safe
def risk(request: HttpRequest, slug: str, risk_id: int) -> HttpResponse:
    """Show one risk: who holds it, what is done about it, and every review."""
    seen = visit(request)
    found, shown = permissions.get_risk_for(seen.viewer, slug, risk_id, seen.at)
    reviews = queries.reviews_of(shown)
    context = {
        "centre": found.centre.centre,
        "risk": shown,
        "holders": queries.holders_of(shown),
        "charity": queries.CHARITY,
        "controls": queries.controls_of(shown),
        "reviews": list(reversed(reviews)),
        "trend": queries.trend(reviews),
        "likelihoods": dict(enumerate(LIKELIHOODS, start=1)),
        "impacts": dict(enumerate(IMPACTS, start=1)),
        "may_govern": found.may_govern,
        "today": seen.today,
    }
    return render(request, "decisions/risks/risk.jinja", context)


class OpenRisk(Act[OpenRiskForm]):
    """Put a risk on the register."""

    title = "Add a shared risk"
    button = "Add it"

    def load(self, named: Mapping[str, str]) -> None:
        """Load the centre, for those who look after one of its forums."""
        self.access = permissions.get_forums_to_govern(self.seen.viewer, named["slug"], self.seen.at)
        self.centre = self.access.centre.centre
        self.back = Way(reverse("decisions:risks", args=[self.centre.slug]), "Shared risks")

    def form(self, data: Mapping[str, object] | None = None) -> OpenRiskForm:
        """Return the form with the forums that they look after, and the centre's partners."""
        forums = forum_queries.forums_of(self.centre)
        return OpenRiskForm(
            data,
            today=self.seen.today,
            forums=[each for each in forums if each.kind in self.access.governs],
            organisations=directory.partners_at(self.centre, self.seen.at),
        )

    def act(self, form: OpenRiskForm) -> str:
        """Open it."""
        self.made = risks.open_risk(
            forum=form.forum(),
            title=form.cleaned_data["title"],
            judgement=form.judgement(),
            holdings=form.holdings(),
            by=self.seen.by,
            at=self.seen.at,
        )
        return "The risk is on the register. Say what each holder carries, and what is done about it"

    def done(self) -> str:
        """Go to the risk."""
        return reverse("decisions:risk", args=[self.centre.slug, self.made.pk])


class _OfRisk[Form: forms.Form](Act[Form]):
    """An act on a risk, by those who look after the forum that owns it."""

    def load(self, named: Mapping[str, str]) -> None:
        """Load the risk."""
        found, self.risk = permissions.get_risk_for(
            self.seen.viewer, named["slug"], int(named["risk_id"]), self.seen.at, govern=True
        )
        self.centre = found.centre.centre
        self.back = Way(reverse("decisions:risk", args=[self.centre.slug, self.risk.pk]), "Risk")


class ReviewRisk(_OfRisk[JudgementForm]):
    """Judge a risk anew."""

    title = "Review the risk"
    button = "Record the review"

    def form(self, data: Mapping[str, object] | None = None) -> JudgementForm:
        """Return the form with how the risk stands."""
        return JudgementForm(data, today=self.seen.today, risk=self.risk)

    def act(self, form: JudgementForm) -> str:
        """Review it."""
        risks.review_risk(
            risk=self.risk,
            judgement=form.judgement(),
            version=form.cleaned_data["version"],
            by=self.seen.by,
            at=self.seen.at,
        )
        return "The review is recorded"

    def theirs(self, error: ValidationError) -> Theirs | None:
        """Show how it stands now."""
        if not isinstance(error, risks.Clash):
            return None
        now = error.risk
        parts = [
            ("Likelihood", LIKELIHOODS[now.likelihood - 1]),
            ("Impact", IMPACTS[now.impact - 1]),
            ("Next review", formats.full_date(now.review_on)),
        ]
        return Theirs("version", now.version, parts)


class AddHolder(_OfRisk[HolderForm]):
    """Let another organisation hold the risk too."""

    title = "Who else holds this risk?"
    button = "Add them"

    def form(self, data: Mapping[str, object] | None = None) -> HolderForm:
        """Return the form with the centre's partners."""
        return HolderForm(data, organisations=directory.partners_at(self.centre, self.seen.at))

    def act(self, form: HolderForm) -> str:
        """Add them."""
        holding = form.holding()
        risks.add_holder(risk=self.risk, holding=holding, by=self.seen.by, at=self.seen.at)
        return f"{holding.organisation.name} holds this risk too"


class AddControl(_OfRisk[ControlForm]):
    """Write down what is done about the risk."""

    title = "What is done about it?"
    button = "Add it"

    def form(self, data: Mapping[str, object] | None = None) -> ControlForm:
        """Return the form with the centre's partners."""
        partners = directory.partners_at(self.centre, self.seen.at)
        return ControlForm(data, organisations=partners, today=self.seen.today)

    def act(self, form: ControlForm) -> str:
        """Add it."""
        typed = form.cleaned_data
        risks.add_control(
            risk=self.risk,
            words=typed["words"],
            organisation=form.organisation(),
            due_on=typed["due_on"],
            in_place=typed["in_place"],
            by=self.seen.by,
            at=self.seen.at,
        )
        return "The control is added"


class CloseRisk(_OfRisk[CloseForm]):
    """Close a risk that is none any more."""

    title = "Close the risk"
    button = "Close it"

    def form(self, data: Mapping[str, object] | None = None) -> CloseForm:
        """Return the form."""
        return CloseForm(data)

    def act(self, form: CloseForm) -> str:
        """Close it."""
        risks.close_risk(risk=self.risk, reason=form.cleaned_data["reason"], by=self.seen.by, at=self.seen.at)
        return "The risk is closed. It stays on record"


class ReopenRisk(_OfRisk[ReopenForm]):
    """Put a closed risk back on the register."""

    title = "Open the risk again"
    button = "Open it again"

    def form(self, data: Mapping[str, object] | None = None) -> ReopenForm:
        """Return the form."""
        return ReopenForm(data, today=self.seen.today)

    def act(self, form: ReopenForm) -> str:
        """Open it again."""
        typed = form.cleaned_data
        risks.reopen_risk(
            risk=self.risk, reason=typed["reason"], review_on=typed["review_on"], by=self.seen.by, at=self.seen.at
        )
        return "The risk is on the register again"


class _OnRisk(_OfRisk[forms.Form], Press):
    """A button on a risk's page."""

    http_method_names = ["post"]


class EndHolder(_OnRisk):
    """Let an organisation hold the risk no longer."""

    def load(self, named: Mapping[str, str]) -> None:
        """Load the risk and who holds it."""
        super().load(named)
        holder = next((each for each in queries.holders_of(self.risk) if each.pk == int(named["holder_id"])), None)
        if holder is None:
            raise NotVisible
        self.holder = holder

    def press(self) -> str:
        """End it."""
        risks.end_holder(holder=self.holder, by=self.seen.by, at=self.seen.at)
        return f"{self.holder.organisation.name} holds this risk no longer"


class _OnControl(Press):
    """A button on a control of a risk."""

    def load(self, named: Mapping[str, str]) -> None:
        """Load the control, for those who look after the forum that owns its risk."""
        found, self.control = permissions.get_control_for(
            self.seen.viewer, named["slug"], int(named["risk_id"]), int(named["control_id"]), self.seen.at
        )
        self.centre = found.centre.centre
        self.back = Way(reverse("decisions:risk", args=[self.centre.slug, self.control.risk_id]), "Risk")


class PutInPlace(_OnControl):
    """Say that a control works now."""

    def press(self) -> str:
        """Say so."""
        risks.put_in_place(control=self.control, by=self.seen.by, at=self.seen.at)
        return "The control is in place"


class EndControl(_OnControl):
    """Say that a control works no longer."""

    def press(self) -> str:
        """Say so."""
        risks.end_control(control=self.control, by=self.seen.by, at=self.seen.at)
        return "The control has ended"
