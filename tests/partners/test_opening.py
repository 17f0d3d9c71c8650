"""An operator opens a centre from the command line: organisations, the centre, its partners and its first manager."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from nhc import clock
from nhc.models import AuditEvent, User
from partners.models import Centre
from partners.permissions import Audience, Viewer, get_centre_for
from partners.queries import centre_roles

pytestmark = pytest.mark.django_db


def run(name: str, *arguments: str) -> str:
    """Run a command and return what it says."""
    said = StringIO()
    call_command(name, *arguments, stdout=said)
    return said.getvalue()


def test_a_centre_is_opened_from_nothing() -> None:
    run("addorganisation", "ZZ001", "Dockside Trust", "nhs_trust")
    assert "addpartner dockside CODE TEAM" in run("addcentre", "dockside", "Dockside Centre")
    assert "with the team Day team" in run("addpartner", "dockside", "ZZ001", "Day team")
    assert "I have forgotten my password" in run("addadministrator", "ZZ001", "mae@example.org", "Mae")
    run("givecentrerole", "dockside", "ZZ001", "mae@example.org", "manager")
    at = clock.now()
    mae = User.objects.get(email="mae@example.org")
    assert [each.user_id for each in centre_roles.givers_at(Centre.objects.get(), at)] == [mae.pk]
    assert get_centre_for(Viewer.user(mae), "dockside", at).audience == Audience.MEMBER
    said = AuditEvent.objects.filter(verb__in=["organisation.added", "centre.added", "partnership.added"])
    assert said.count() == 3


@pytest.mark.parametrize(
    ("command", "arguments", "sentence"),
    [
        ("addorganisation", ("zz 1", "Dockside Trust", "nhs_trust"), "capital letters and digits"),
        ("addorganisation", ("ZZ001", "Another Trust", "nhs_trust"), "already exists"),
        ("addorganisation", ("ZZ002", "Dockside Trust", "circus"), "invalid choice"),
        ("addcentre", ("Dock side", "Dockside Centre"), "letters, numbers"),
        ("addpartner", ("elsewhere", "ZZ001", "Day team"), "No centre is called 'elsewhere'"),
        ("addpartner", ("dockside", "ZZ009", "Day team"), "No organisation has the code 'ZZ009'"),
        ("addpartner", ("dockside", "ZZ001", "Day team"), "already a partner"),
    ],
)
def test_the_commands_say_what_is_wrong(command: str, arguments: tuple[str, ...], sentence: str) -> None:
    run("addorganisation", "ZZ001", "Dockside Trust", "nhs_trust")
    run("addcentre", "dockside", "Dockside Centre")
    run("addpartner", "dockside", "ZZ001", "Night team")
    with pytest.raises(CommandError, match=sentence):
        run(command, *arguments)
