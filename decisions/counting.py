"""How the answers to a proposal are counted: advice, consent and consensus. Plain Python: no framework, no table."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Template(StrEnum):
    """What a proposal asks of those who sit in a forum."""

    ADVICE = "advice"
    CONSENT = "consent"
    CONSENSUS = "consensus"


class Answer(StrEnum):
    """What somebody answers. `NO_ANSWER` is recorded for the silent when a proposal is decided; nobody chooses it."""

    FOR = "for"
    AGAINST = "against"
    NO_VIEW = "no_view"
    AGREE = "agree"
    CAN_LIVE_WITH_IT = "can_live_with_it"
    OBJECT = "object"
    STAND_ASIDE = "stand_aside"
    DISAGREE = "disagree"
    NO_ANSWER = "no_answer"


@dataclass(frozen=True, slots=True)
class Option:
    """An answer that a template offers: the words for it, and what choosing it means."""

    answer: Answer
    words: str
    means: str


@dataclass(frozen=True, slots=True)
class Asking:
    """A template: its name, what it does in a sentence, and the answers that it offers."""

    name: str
    means: str
    options: tuple[Option, ...]


ASKING: Mapping[Template, Asking] = {
    Template.ADVICE: Asking(
        "Advice",
        "Whoever proposes hears everybody, then decides.",
        (
            Option(Answer.FOR, "I would do it", "You advise it."),
            Option(Answer.AGAINST, "I would not do it", "You advise against it and say why. It can still be decided."),
            Option(Answer.NO_VIEW, "I have no view", "You have read it and leave it to the others."),
        ),
    ),
    Template.CONSENT: Asking(
        "Consent",
        "It is adopted unless somebody objects, with a reason. Silence blocks nothing.",
        (
            Option(Answer.AGREE, "I agree", "You want it."),
            Option(Answer.CAN_LIVE_WITH_IT, "I can live with it", "It is good enough for now and safe enough to try."),
            Option(
                Answer.OBJECT, "I object", "It would do harm, and you say which. It cannot be adopted while you object."
            ),
        ),
    ),
    Template.CONSENSUS: Asking(
        "Consensus",
        "It is adopted where more than half of those who sit here agree and nobody disagrees.",
        (
            Option(Answer.AGREE, "I agree", "You want it."),
            Option(Answer.STAND_ASIDE, "I stand aside", "You would not choose it, and do not stand in its way."),
            Option(Answer.DISAGREE, "I disagree", "You say why. It cannot be adopted while you disagree."),
        ),
    ),
}

WORDS: Mapping[Answer, str] = {
    **{option.answer: option.words for asking in ASKING.values() for option in asking.options},
    Answer.NO_ANSWER: "No answer",
}
WITH_REASON = frozenset({Answer.AGAINST, Answer.OBJECT, Answer.DISAGREE})
"""Answers that say why."""
_BLOCKS = frozenset({Answer.OBJECT, Answer.DISAGREE})


@dataclass(frozen=True, slots=True)
class Standing:
    """How a proposal stands: whether the time to decide has come, whether it may be adopted, and why in a sentence."""

    may_decide: bool
    may_adopt: bool
    why: str


def offers(template: Template, answer: Answer) -> bool:
    """Whether a template offers an answer."""
    return answer in {option.answer for option in ASKING[template].options}


def standing(template: Template, answers: Mapping[int, Answer], seated: Collection[int], *, over: bool) -> Standing:
    """Count the newest answer of each person who is `seated`. `over` is whether the deadline has passed.

    Answers of people who sit in the forum no longer are not counted. Until the deadline everybody is waited for.
    """
    given = {user: answers[user] for user in seated if user in answers}
    silent = len(set(seated)) - len(given)
    if not seated:
        return Standing(may_decide=False, may_adopt=False, why="Nobody sits in the forum, so nobody can decide.")
    if silent and not over:
        return Standing(
            may_decide=False, may_adopt=False, why=f"{_people(silent)} not answered yet, and there is time."
        )
    against = sum(answer in _BLOCKS for answer in given.values())
    if against:
        stands = "An objection stands" if template == Template.CONSENT else "Somebody disagrees"
        why = f"{stands}, so it cannot be adopted as it is. Withdraw it and propose what meets the reason."
        return Standing(may_decide=True, may_adopt=False, why=why)
    agreeing = sum(answer == Answer.AGREE for answer in given.values())
    if template == Template.CONSENSUS and 2 * agreeing <= len(set(seated)):
        why = f"{agreeing} of {len(set(seated))} agree, and consensus needs more than half."
        return Standing(may_decide=True, may_adopt=False, why=why)
    ended = f"{_people(silent)} not answered, which blocks nothing." if silent else "Everybody has answered."
    return Standing(may_decide=True, may_adopt=True, why=ended)


def _people(number: int) -> str:
    return "1 person has" if number == 1 else f"{number} people have"
