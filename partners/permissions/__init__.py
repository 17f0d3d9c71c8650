"""Who may see what. Getters return a thing and what its viewer may see of it; what they refuse looks absent."""

from partners.permissions.areas import areas_for, get_area_for
from partners.permissions.centres import CentreAccess, centres_for, get_centre_for
from partners.permissions.exceptions import get_centre_for_exceptions, get_exception_for
from partners.permissions.figures import get_draft_for, get_key_for, get_submission_for
from partners.permissions.organisations import get_organisation_for, get_place_for, organisations_for
from partners.permissions.people import (
    Managed,
    administered_organisations,
    get_administered_organisation,
    get_colleague_for,
    get_invitation_for,
    get_managed_for,
    get_person_for,
    get_placement_for,
    managed_people,
)
from partners.permissions.teams import TeamAccess, get_directory_for, get_team_for, get_team_to_edit
from partners.permissions.viewers import Audience, NotVisible, Viewer

__all__ = [
    "Audience",
    "CentreAccess",
    "Managed",
    "NotVisible",
    "TeamAccess",
    "Viewer",
    "administered_organisations",
    "areas_for",
    "centres_for",
    "get_administered_organisation",
    "get_area_for",
    "get_centre_for",
    "get_centre_for_exceptions",
    "get_colleague_for",
    "get_directory_for",
    "get_draft_for",
    "get_exception_for",
    "get_invitation_for",
    "get_key_for",
    "get_managed_for",
    "get_organisation_for",
    "get_person_for",
    "get_place_for",
    "get_placement_for",
    "get_submission_for",
    "get_team_for",
    "get_team_to_edit",
    "managed_people",
    "organisations_for",
]
