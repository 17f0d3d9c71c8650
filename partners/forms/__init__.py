"""Forms of the partners' pages, one module a noun."""

from partners.forms.figures import KeyForm, TypedForm, UploadForm
from partners.forms.people import AcceptForm, EndForm, InviteForm, LineManagerForm, PlaceForm
from partners.forms.teams import AddTeamForm, TeamForm

__all__ = [
    "AcceptForm",
    "AddTeamForm",
    "EndForm",
    "InviteForm",
    "KeyForm",
    "LineManagerForm",
    "PlaceForm",
    "TeamForm",
    "TypedForm",
    "UploadForm",
]
