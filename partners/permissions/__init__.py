"""Who may see what. Getters return a thing and what its viewer may see of it; what they refuse looks absent."""

from partners.permissions.areas import areas_for, get_area_for
from partners.permissions.audit import audit_scope
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
from partners.permissions.rota import (
    RotaAccess,
    get_duty_role_to_change,
    get_feed_to_change,
    get_own_shift,
    get_rota_for,
    get_rota_to_change,
    get_rota_to_manage,
    get_shift_to_change,
    get_swap_for,
    get_workplaces,
)
from partners.permissions.teams import (
    TeamAccess,
    get_directory_for,
    get_directory_to_manage,
    get_team_for,
    get_team_to_close,
    get_team_to_edit,
)
from partners.permissions.viewers import Audience, NotVisible, Viewer

__all__ = [
    "Audience",
    "CentreAccess",
    "Managed",
    "NotVisible",
    "RotaAccess",
    "TeamAccess",
    "Viewer",
    "administered_organisations",
    "areas_for",
    "audit_scope",
    "centres_for",
    "get_administered_organisation",
    "get_area_for",
    "get_centre_for",
    "get_centre_for_exceptions",
    "get_colleague_for",
    "get_directory_for",
    "get_directory_to_manage",
    "get_draft_for",
    "get_duty_role_to_change",
    "get_exception_for",
    "get_feed_to_change",
    "get_invitation_for",
    "get_key_for",
    "get_managed_for",
    "get_organisation_for",
    "get_own_shift",
    "get_person_for",
    "get_place_for",
    "get_placement_for",
    "get_rota_for",
    "get_rota_to_change",
    "get_rota_to_manage",
    "get_shift_to_change",
    "get_submission_for",
    "get_swap_for",
    "get_team_for",
    "get_team_to_close",
    "get_team_to_edit",
    "get_workplaces",
    "managed_people",
    "organisations_for",
]
