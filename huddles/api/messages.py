"""A referral as a partner's system sends it: read whole, with everything that is wrong with it at once.

What is wrong is said by code and place; what was sent is never repeated, neither values nor unknown names.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

import msgspec

from huddles import nhs_number
from huddles.services.people import Details

LARGEST = 64 * 1024
"""Bytes of one referral, unpacked."""

PERSON: Mapping[str, int] = {
    "given_name": 100,
    "family_name": 100,
    "alias": 100,
    "preferred_name": 100,
    "nhs_number": 20,
    "born_on": 10,
    "telephone": 40,
    "address": 500,
    "access_needs": 2000,
}
REFERRER: Mapping[str, int] = {"name": 120, "contact": 120}
TOP: Mapping[str, int] = {"centre": 64, "external_id": 64, "words": 10_000}
"""Members that are text, by the part they belong to, and how long each may be."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: a code for programs, a sentence for people, and the place (RFC 6901)."""

    code: str
    detail: str
    pointer: str


def grouped(faults: Iterable[Fault]) -> list[dict[str, object]]:
    """Return the entries of a problem: one for each code and sentence, with how often and where."""
    found: dict[tuple[str, str], list[str]] = {}
    for fault in faults:
        found.setdefault((fault.code, fault.detail), []).append(fault.pointer)
    return [
        {"code": code, "detail": detail, "occurrences": len(pointers), "pointers": pointers}
        for (code, detail), pointers in found.items()
    ]


@dataclass(frozen=True, slots=True)
class Message:
    """A referral that could be read. `faults` is empty, or says why it cannot be taken."""

    centre: str
    external_id: str
    words: str
    details: Details
    referrer: str
    contact: str
    faults: list[Fault] = field(default_factory=list)


def read(body: bytes, *, today: date) -> Message:
    """Return what a body says. Raises msgspec.DecodeError where it is no JSON at all."""
    sent = msgspec.json.decode(body)
    if not isinstance(sent, dict):
        return _nothing([Fault("wrong-type", "Send one JSON object.", "")])
    faults: list[Fault] = []
    top = _texts(sent, TOP, "", faults, others={"person", "referrer"})
    person = _texts(_part(sent, "person", faults), PERSON, "/person", faults)
    referrer = _texts(_part(sent, "referrer", faults), REFERRER, "/referrer", faults)
    faults += _missing(top, ("centre", "words"), "")
    if not any(person.get(name) for name in ("given_name", "family_name", "alias")):
        sentence = "Send a name, or in alias what the person is called."
        faults.append(Fault("missing-field", sentence, "/person/given_name"))
    return Message(
        centre=top.get("centre", ""),
        external_id=top.get("external_id", ""),
        words=top.get("words", ""),
        details=_details(person, today, faults),
        referrer=referrer.get("name", ""),
        contact=referrer.get("contact", ""),
        faults=faults,
    )


def _nothing(faults: list[Fault]) -> Message:
    return Message("", "", "", Details(), "", "", faults)


def _part(sent: Mapping[str, object], name: str, faults: list[Fault]) -> Mapping[str, object]:
    part = sent.get(name, {})
    if isinstance(part, dict):
        return part
    faults.append(Fault("wrong-type", f"{name} is an object.", f"/{name}"))
    return {}


def _texts(
    part: Mapping[str, object],
    lengths: Mapping[str, int],
    place: str,
    faults: list[Fault],
    *,
    others: set[str] | None = None,
) -> dict[str, str]:
    """Return the texts of a part without spaces around them; null stands for none."""
    found = {}
    for name, value in part.items():
        if name in (others or set()):
            continue
        pointer = f"{place}/{name}"
        if name not in lengths:
            # The place of the object alone: an unknown name could be anything, even somebody's.
            known = ", ".join([*lengths, *sorted(others or ())])
            faults.append(Fault("unknown-field", f"This object takes {known} and nothing else.", place))
        elif value is None:
            continue
        elif not isinstance(value, str):
            faults.append(Fault("wrong-type", f"{name} is text.", pointer))
        elif "\0" in value:
            faults.append(Fault("invalid-text", f"{name} holds a character that cannot be stored.", pointer))
        elif len(value.strip()) > lengths[name]:
            faults.append(Fault("too-long", f"{name} has at most {lengths[name]:,} characters.", pointer))
        else:
            found[name] = value.strip()
    return found


def _missing(found: Mapping[str, str], names: tuple[str, ...], place: str) -> Iterator[Fault]:
    for name in names:
        if not found.get(name):
            yield Fault("missing-field", f"Send {name}.", f"{place}/{name}")


def _details(person: Mapping[str, str], today: date, faults: list[Fault]) -> Details:
    number, born_on = "", None
    try:
        number = nhs_number.parse(person.get("nhs_number", ""))
    except nhs_number.NotAnNhsNumberError as error:
        faults.append(Fault("invalid-nhs-number", str(error), "/person/nhs_number"))
    if person.get("born_on"):
        born_on = _day(person["born_on"])
        if born_on is None or not date(1890, 1, 1) <= born_on <= today:
            sentence = "born_on is a date like 1980-03-31, after 1890 and not in the future."
            faults.append(Fault("invalid-date", sentence, "/person/born_on"))
            born_on = None
    return Details(
        given_name=person.get("given_name", ""),
        family_name=person.get("family_name", ""),
        alias=person.get("alias", ""),
        preferred_name=person.get("preferred_name", ""),
        nhs_number=number,
        born_on=born_on,
        telephone=person.get("telephone", ""),
        address=person.get("address", ""),
        access_needs=person.get("access_needs", ""),
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None
