"""What became of what was sent."""

from urllib.parse import urlencode
from uuid import UUID

from django.core.signing import BadSignature, Signer
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_safe

from nhc.access import Permission
from partners import periods, permissions
from partners.models import Submission
from partners.queries import organisations as organisation_queries
from partners.queries import receipts as queries
from partners.queries import submissions as submission_queries
from partners.queries.receipts import Counted
from partners.views.access import choose, visit
from partners.views.figures import breakdown_words, counts_words, observation_words, period_words, sent_words

PAGE = 20
STATES = {
    "received": "Being read",
    "processing": "Being read",
    "accepted": "Counted",
    "rejected": "Not accepted",
    "failed": "Failed",
}
"""What a person calls the state of what they sent."""

_cursor = Signer(salt="receipts:1")


@require_safe
def receipts(request: HttpRequest) -> HttpResponse:
    """List what an organisation sent, newest first."""
    seen = visit(request)
    choice = choose(request, seen)
    if choice.chosen is None:
        return render(request, "partners/no-organisation.jinja", {"heading": "Our receipts"})
    found = organisation_queries.centres_of([choice.chosen.pk], seen.at)
    centres = {each.centre.slug: each.centre.name for each in found}
    centre = request.GET.get("centre", "")
    centre = centre if centre in centres else ""
    rows = list(
        submission_queries.newest_first(choice.chosen, centre=centre or None, after=_after(request.GET.get("after")))[
            : PAGE + 1
        ]
    )
    context = {
        "choice": choice,
        "centres": centres,
        "centre_chosen": centre,
        "submissions": [(each, STATES[each.state], _periods(each)) for each in rows[:PAGE]],
        "older": _older(choice.chosen.code, centre, rows[PAGE - 1]) if len(rows) > PAGE else "",
        "first": "after" not in request.GET,
    }
    return render(request, "partners/receipts.jinja", context)


def _after(given: str | None) -> tuple[str, ...]:
    """Return the place to go on from; the start for anything that this page did not write itself."""
    try:
        found = _cursor.unsign_object(given) if given else []
    except (BadSignature, ValueError):
        return ()
    return tuple(str(part) for part in found)


def _older(code: str, centre: str, last: Submission) -> str:
    after = _cursor.sign_object([last.received_at.isoformat(), str(last.pk)])
    query = {"organisation": code, "centre": centre, "after": after}
    return "?" + urlencode({name: value for name, value in query.items() if value})


def _periods(submission: Submission) -> str:
    """Return the periods a submission is about in words, shortened where there are many."""
    words = [period_words(period) for period in submission.periods]
    if len(words) > 3:
        return f"{words[0]} to {words[-1]}, {len(words)} periods"
    return ", ".join(words)


@require_safe
def receipt(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """Show what was counted, what was refused, or that it is still being read."""
    seen = visit(request)
    submission = permissions.get_submission_for(seen.viewer, submission_id, seen.at)
    after = request.GET.get("after", "")
    place = int(after) if after.isascii() and after.isdigit() and len(after) < 19 else 0
    context: dict[str, object] = {
        "submission": submission,
        "centre": submission.centre,
        "organisation": submission.organisation,
        "heading": _heading(submission),
        "state": STATES[submission.state],
        "periods": _periods(submission),
        # Figures that were typed on a page have cells that nobody saw.
        "has_file": bool(submission.file_name) or submission.api_key_id is not None,
        "counts": counts_words(submission.counts),
        "overview": _overview(submission),
        "correct": _correct(submission),
        "may_send": seen.may(Permission.SUBMIT_FIGURES, submission.organisation),
        "has_errors": submission.state in {Submission.State.REJECTED, Submission.State.FAILED},
    }
    if submission.state == Submission.State.ACCEPTED:
        made, following = queries.counted(submission, after=place)
        same = [] if place or following else queries.unchanged(submission, made)
        context |= {"lines": [_line(each) for each in [*made, *same]], "following": following, "listed_same": same}
    return render(request, "partners/receipt.jinja", context)


@require_safe
def errors(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """Return every error of a submission as CSV."""
    seen = visit(request)
    submission = permissions.get_submission_for(seen.viewer, submission_id, seen.at)
    answer = HttpResponse(submission_queries.error_lines(submission), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="errors-{submission.pk}.csv"'
    return answer


def _line(each: Counted) -> dict[str, str]:
    """Return one figure in words: what was sent, and what happened to it."""
    period = periods.containing(each.period_start, each.version.period_type)
    breakdown = breakdown_words(each.dimension, each.category)
    sent = observation_words(each.after)
    happened = "Counted"
    if each.kind == "changed":
        happened = f"Corrected from {observation_words(each.before)} to {sent}"
    elif each.kind == "removed":
        sent, happened = "Withdrawn", f"Withdrawn. It was {observation_words(each.before)}"
    elif each.sent is not None:
        sent = sent_words(each.sent._asdict())
        happened = "No change: it was counted already"
    elif each.after is not None and each.after.state != "reported":
        happened = f"Shown as {sent.lower()}, not as 0"
    return {
        "title": f"{each.version.title}, {breakdown}" if breakdown else each.version.title,
        "period": period.words,
        "sent": sent,
        "happened": happened,
    }


def _heading(submission: Submission) -> str:
    match submission.state:
        case Submission.State.ACCEPTED:
            count = submission.counts["received"]
            return "Your figure is counted" if count == 1 else f"Your {count:,} figures are counted"
        case Submission.State.REJECTED:
            return "Your figures were not accepted"
        case Submission.State.FAILED:
            return "Your figures could not be read"
    return "We are reading your figures"


def _overview(submission: Submission) -> str:
    """Return the address of the centre's shared picture, empty where there is none."""
    if submission.centre is None:
        return ""
    try:
        return reverse("dashboard:overview", args=[submission.centre.slug])
    except NoReverseMatch:
        return ""


def _correct(submission: Submission) -> str:
    """Return the address of the return to correct, empty where the submission names no centre and period."""
    if submission.centre is None or not submission.periods:
        return ""
    latest = submission.periods[-1]["period"]
    return reverse("partners:return", args=[submission.organisation.code, submission.centre.slug, latest])
