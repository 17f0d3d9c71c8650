"""Two people sign for one organisation at the same instant."""

from concurrent.futures import ThreadPoolExecutor

from django.core.exceptions import ValidationError
from django.db import connections

from nhc.actors import Actor
from partners.models import Signature
from partners.services import signatures
from tests import cast
from tests.cast import NOW
from tests.conftest import Database
from tests.partners import agreements as made


def test_two_signatories_at_once_make_one_signature(committed: Database) -> None:
    people = cast.gather()
    version = made.opened(people.riverside, at=NOW)
    powers = [made.signatory(people.trust, at=NOW) for _ in range(2)]

    def attempt(user_id: int) -> str:
        try:
            signatures.sign(version=version, organisation=people.trust, by=Actor("user", "", user_id=user_id), at=NOW)
        except ValidationError as error:
            return error.messages[0]
        finally:
            connections.close_all()
        return "signed"

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(attempt, [power.user_id for power in powers]))
    assert answers == ["Riverside Mental Health Trust has signed this version already.", "signed"]
    assert Signature.objects.count() == 1
