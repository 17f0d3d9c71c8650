"""The answer to "May I?" in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from decisions.verdict import Citation, Contact, RightKind, Verdict, VerdictKind
from decisions.views.grid_wording import amount_words, minutes_words
from nhc.clock import LONDON
from nhc.formats import day_and_time

LOOKS = {
    VerdictKind.YES: "yes",
    VerdictKind.ASK: "ask",
    VerdictKind.ACT_THEN_TELL: "act",
    VerdictKind.NOBODY: "nobody",
}
"""The end of the class that gives each answer its head."""

_AS = {
    RightKind.DECIDES: "decides",
    RightKind.MUST_AGREE: "must agree",
    RightKind.IS_CONSULTED: "is consulted",
    RightKind.CARRIES_OUT: "carries it out",
    RightKind.IS_TOLD: "is told",
}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in an answer: the sentence about them, and how to call them."""

    name: str
    sentence: str
    telephone: str

    @property
    def first_name(self) -> str:
        """Return the name that a button has room for."""
        return self.name.split()[0]

    @property
    def dialled(self) -> str:
        """Return the number as a telephone dials it."""
        return "".join(each for each in self.telephone if each in "+0123456789")


def heading(verdict: Verdict, *, over: bool = False) -> str:
    """Return the answer in a line: `over` where it is what holds over the limit, and within it another one does."""
    line = _heading(verdict)
    if not over or verdict.limit is None:
        return line
    return f"Over {amount_words(verdict.limit, verdict.cites.limit_unit)}: {line[0].lower()}{line[1:]}"


def _heading(verdict: Verdict) -> str:
    if verdict.kind is VerdictKind.YES:
        return "Yes, within your guardrail" if verdict.limit is not None else "Yes, you decide"
    if verdict.kind is VerdictKind.ASK:
        return f"Ask {verdict.who[0].name}"
    if verdict.kind is VerdictKind.ACT_THEN_TELL:
        return (
            f"Act now, then tell {verdict.who[0].name}" if verdict.who else "Act now, then tell whoever is called next"
        )
    return "Nobody can decide this now"


def person(contact: Contact, at: datetime) -> Person:
    """Return the words about somebody to turn to."""
    sentence = f"{contact.name} {_AS[contact.right]}, on duty as {contact.post} until {clock(contact.until, at)}."
    if contact.deputy:
        sentence += f" {contact.deputy} stands in."
    return Person(contact.name, sentence, contact.telephone)


def listed(names: Sequence[str]) -> str:
    """Return names as a sentence has them: "Ana, Ben and Cy"."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def by_when(cites: Citation, at: datetime) -> str:
    """Return until when there should be an answer: "by 11:30, within 10 minutes"."""
    return f"by {clock(at + timedelta(minutes=cites.minutes), at)}, within {minutes_words(cites.minutes)}"


def cited(cites: Citation) -> str:
    """Return the guardrail of the row in a sentence."""
    limit = "" if cites.limit is None else f" Up to {amount_words(cites.limit, cites.limit_unit)}."
    text = cites.guardrail.rstrip(".")
    return f"{text}.{limit}" if text else limit.strip() or "It has no guardrail."


def clock(instant: datetime, at: datetime) -> str:
    """Return the time of day in London, with the day where it is another one."""
    local = instant.astimezone(LONDON)
    return f"{local:%H:%M}" if local.date() == at.astimezone(LONDON).date() else day_and_time(instant)
