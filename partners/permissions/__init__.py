"""Who may see what. Getters return a thing and what its viewer may see of it; what they refuse looks absent."""

from partners.permissions.centres import CentreAccess, centres_for, get_centre_for
from partners.permissions.figures import get_draft_for, get_key_for, get_submission_for
from partners.permissions.organisations import get_organisation_for, get_place_for, organisations_for
from partners.permissions.viewers import Audience, NotVisible, Viewer

__all__ = [
    "Audience",
    "CentreAccess",
    "NotVisible",
    "Viewer",
    "centres_for",
    "get_centre_for",
    "get_draft_for",
    "get_key_for",
    "get_organisation_for",
    "get_place_for",
    "get_submission_for",
    "organisations_for",
]
