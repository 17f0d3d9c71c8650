"""/referrals/: partners' systems refer people, and read what became of each referral that they sent."""

from typing import TYPE_CHECKING
from uuid import UUID

import msgspec
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from huddles import documentation
from huddles.api import messages
from huddles.api.messages import Fault, Message
from huddles.models import Referral
from huddles.permissions.referrals import get_sent_referral
from huddles.queries import referrals as queries
from huddles.services import referrals
from huddles.services.referrals import NoFrontDoorError, Received, Referrer, SentBeforeError
from nhc.clock import london_date
from nhc.problems import Problem
from nhc.rendering import encoder
from partners.api import bodies, conditional, keyed, pagination, parameters
from partners.api.authentication import Caller, caller_of
from partners.api.documents import instant
from partners.api.endpoint import REFER, Endpoint
from partners.permissions import NotVisible, get_centre_for

if TYPE_CHECKING:
    from partners.models import Centre

MEDIA_TYPE = "application/json"


class RefersByKey(BasePermission):
    """A key with the scope `refer`. People refer on the pages, where they read what is asked for and why."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return False for nobody (401). Raises Problem (403) for people and for keys without the scope."""
        caller = request.auth
        if not isinstance(caller, Caller):
            return False
        if caller.key is None:
            raise Problem(403, "key-needed", "A key is needed", "This is for systems: refer on the pages instead.")
        if not caller.scopes & REFER:
            raise Problem(
                403, "scope-missing", "The scope is missing", "This needs the scope refer. Use a key that has it."
            )
        return True


class Referrals(Endpoint):
    """The referrals that the organisation's systems sent."""

    permission_classes = [RefersByKey]

    @documentation.list_referrals
    def get(self, request: Request) -> HttpResponse:
        """List the referrals that the organisation's keys sent, newest first, without their answers."""
        caller = caller_of(request)
        page = pagination.read(request, listing="referrals", parts=2)
        rows = queries.sent_by(
            caller.organisation, at=caller.at, centre=parameters.slug(request, "centre"), after=page.after
        )[: page.fetch]
        document = pagination.document(
            request,
            page,
            list(rows),
            key=lambda referral: (referral.received_at.isoformat(), str(referral.pk)),
            show=referral_document,
        )
        return conditional.answer(request, document, audience=caller.organisation.code)

    @documentation.refer
    def post(self, request: Request) -> HttpResponse:
        """Refer somebody to a centre of which the organisation is a partner: taken whole or not at all."""
        caller = caller_of(request)
        http: HttpRequest = request._request
        if (request.content_type or "").split(";")[0].strip().lower() != MEDIA_TYPE:
            raise Problem(415, "unsupported-media-type", "Unsupported media type", f"Send {MEDIA_TYPE}.")
        key = keyed.key_of(request)
        body = bodies.decoded(http)
        if len(body) > messages.LARGEST:
            raise Problem(413, "body-too-large", "The body is too large", "Send at most 64 KB.")
        if key is None:
            return _receive(body, caller, http)

        def receive() -> tuple[HttpResponse, UUID | None]:
            return _receive(body, caller, http), None

        return keyed.once(keyed.request_of(key, request, caller, MEDIA_TYPE, body), receive, at=caller.at)


class OneReferral(Endpoint):
    """One referral that the organisation's systems sent."""

    permission_classes = [RefersByKey]
    http_method_names = ["get", "head"]

    @documentation.read_referral
    def get(self, request: Request, reference: str) -> HttpResponse:
        """Read what became of a referral, with the answer. That it was read is recorded."""
        caller = caller_of(request)
        referral = get_sent_referral(caller.organisation, reference, caller.at)
        shared = queries.shares(referral)
        if referral.answer and shared:
            referrals.note_answer_read(referral=referral, by=caller.actor, at=caller.at)
        document = {
            **referral_document(referral),
            "answer": referral.answer if referral.answer and shared else None,
            "answer_withheld": bool(referral.answer) and not shared,
        }
        return conditional.answer(request, document, audience=caller.organisation.code)


def referral_document(referral: Referral) -> dict[str, object]:
    """Return a referral as its sender sees it: nothing about the person."""
    return {
        "reference": referral.reference,
        "centre": referral.centre.slug,
        "external_id": referral.external_id,
        "state": referral.state,
        "received_at": instant(referral.received_at),
        "triage_due_at": instant(referral.due_at),
        "stream": None if referral.stream is None else referral.stream.name,
        "answered_at": None if referral.answered_at is None else instant(referral.answered_at),
    }


def _receive(body: bytes, caller: Caller, http: HttpRequest) -> HttpResponse:
    """Take a referral in. Raises Problem for everything that is wrong with it."""
    message, centre = _read(body, caller)
    received = _take(message, centre, caller)
    answer = HttpResponse(
        encoder.encode(referral_document(received.referral)),
        status=200 if received.again else 201,
        content_type=MEDIA_TYPE,
    )
    answer["Location"] = http.build_absolute_uri(f"/api/v1/referrals/{received.referral.reference}/")
    return answer


def _read(body: bytes, caller: Caller) -> "tuple[Message, Centre]":
    try:
        message = messages.read(body, today=london_date(caller.at))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(400, "malformed", "The body cannot be read", "Send one JSON object in UTF-8.") from error
    faults = list(message.faults)
    try:
        centre = get_centre_for(caller.viewer, message.centre, caller.at).centre if message.centre else None
    except NotVisible:
        centre = None
        faults.append(Fault("unknown-centre", "You are no partner of a centre with this name.", "/centre"))
    if faults or centre is None:
        raise _rejected(faults)
    return message, centre


def _take(message: Message, centre: "Centre", caller: Caller) -> Received:
    referrer = Referrer(
        source=Referral.Source.PARTNER,
        organisation=caller.organisation,
        name=message.referrer,
        contact=message.contact,
        external_id=message.external_id,
    )
    try:
        return referrals.receive_referral(
            centre=centre,
            details=message.details,
            words=message.words,
            referrer=referrer,
            by=caller.actor,
            at=caller.at,
        )
    except NoFrontDoorError as error:
        raise Problem(409, "front-door-closed", "The front door is closed", " ".join(error.messages)) from error
    except SentBeforeError as error:
        sentence = "You sent something else with this external_id. Use a new one for a new referral."
        raise Problem(409, "external-id-used-before", "The external_id was used before", sentence) from error
    except ValidationError as error:
        raise _rejected(_faults_of(error)) from error


def _faults_of(error: ValidationError) -> list[Fault]:
    """Return what the service refused: by the field's name where it names one of the person's."""
    told = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
    return [
        Fault("refused", sentence, f"/person/{name}" if name in messages.PERSON else "")
        for name, sentences in told.items()
        for sentence in sentences
    ]


def _rejected(faults: list[Fault]) -> Problem:
    number = len(faults)
    return Problem(
        422,
        "referral-rejected",
        "The referral was rejected",
        f"{number} {'thing is' if number == 1 else 'things are'} wrong; nothing was stored.",
        errors=messages.grouped(faults),
    )
