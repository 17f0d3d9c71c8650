"""Who reads a centre's grid, changes it, answers for a partner and reviews acts outside a guardrail."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied

from decisions.models import CellComment, ConsentRound, GridVersion, Override, Scenario
from decisions.queries import grids as queries
from decisions.queries import overrides as override_queries
from decisions.queries import rounds as round_queries
from decisions.queries import scenarios as scenario_queries
from nhc.access import Permission
from partners.permissions import CentreAccess, NotVisible, Viewer, get_centre_for
from partners.queries import agreements, rota, speakers

if TYPE_CHECKING:
    from partners.models import Centre, Organisation, Team


@dataclass(frozen=True, slots=True)
class GridAccess:
    """A centre's grid as one viewer sees it. `speaks_for` are the partners for which they answer in a round."""

    access: CentreAccess
    may_edit: bool
    may_review: bool
    may_ask: bool
    speaks_for: tuple["Organisation", ...]

    @property
    def centre(self) -> "Centre":
        """Return the centre."""
        return self.access.centre

    @property
    def may_comment(self) -> bool:
        """Whether the viewer may say something about a draft: who works there, and who speaks for a partner."""
        return self.access.works_here or bool(self.speaks_for)


def get_grid_for(viewer: Viewer, slug: str, at: datetime, *, permission: Permission | None = None) -> GridAccess:
    """Return a centre's grid to those who work there or read its directory, and to those who speak for a partner.

    PermissionDenied for others who see the centre and for those who lack a permission that is named; NotVisible for
    the rest.
    """
    access = get_centre_for(viewer, slug, at)
    speaks: tuple[Organisation, ...] = ()
    if viewer.user_id is not None:
        speaks = tuple(speakers.speaks_for(viewer.user_id, access.centre, at))
    if Permission.READ_DIRECTORY not in access.permissions and not speaks:
        raise PermissionDenied
    if permission is not None and permission not in access.permissions:
        raise PermissionDenied
    return GridAccess(
        access=access,
        may_edit=Permission.EDIT_GRID in access.permissions,
        may_review=Permission.REVIEW_OVERRIDES in access.permissions,
        may_ask=Permission.ASK in access.permissions,
        speaks_for=speaks,
    )


def get_version_for(viewer: Viewer, slug: str, number: int, at: datetime) -> tuple[GridAccess, GridVersion]:
    """Return one version of the grid, the draft included; NotVisible where there is none."""
    found = get_grid_for(viewer, slug, at)
    return found, _there(queries.version_by_number(found.centre, number))


def get_draft_for(
    viewer: Viewer, slug: str, at: datetime, *, permission: Permission | None = None
) -> tuple[GridAccess, GridVersion]:
    """Return the version that is worked on, drafted or in consultation; NotVisible where none is."""
    found = get_grid_for(viewer, slug, at, permission=permission)
    return found, _there(queries.version_in_work(found.centre))


def get_scenario_in_work(
    viewer: Viewer, slug: str, code: str, at: datetime, *, permission: Permission | None = None
) -> tuple[GridAccess, Scenario]:
    """Return a scenario of the version that is worked on, with its rights and ladder. Raises as `get_draft_for`."""
    found, draft = get_draft_for(viewer, slug, at, permission=permission)
    return found, _there(scenario_queries.scenario_by_code(draft, code))


def get_comment_to_resolve(viewer: Viewer, slug: str, comment_id: int, at: datetime) -> tuple[GridAccess, CellComment]:
    """Return what somebody said about the grid, to whoever said it and to those who change the grid."""
    found = get_grid_for(viewer, slug, at)
    said = queries.comment_by_id(comment_id)
    if said is None or said.grid_version.grid.centre_id != found.centre.pk:
        raise NotVisible
    if not found.may_edit and said.user_id != viewer.user_id:
        raise PermissionDenied
    return found, said


def get_round_for(viewer: Viewer, slug: str, at: datetime) -> tuple[GridAccess, ConsentRound]:
    """Return the newest round about the version in work; NotVisible where there was none."""
    found, version = get_draft_for(viewer, slug, at)
    return found, _there(round_queries.last_round(version))


def get_round_to_answer(viewer: Viewer, slug: str, at: datetime) -> tuple[GridAccess, ConsentRound]:
    """Return the round to whoever speaks for a partner, for those in `speaks_for`; else PermissionDenied."""
    found, consent = get_round_for(viewer, slug, at)
    if not found.speaks_for:
        raise PermissionDenied
    return found, consent


def get_override_to_review(viewer: Viewer, slug: str, override_id: int, at: datetime) -> tuple[GridAccess, Override]:
    """Return an act outside a guardrail at the centre to those who review them."""
    found = get_grid_for(viewer, slug, at, permission=Permission.REVIEW_OVERRIDES)
    override = override_queries.by_id(override_id)
    if override is None or override.scenario.grid_version.grid.centre_id != found.centre.pk:
        raise NotVisible
    return found, override


def get_acts_to_record(viewer: Viewer, slug: str, code: str, at: datetime) -> tuple[GridAccess, Scenario, list["Team"]]:
    """Return a scenario that is in force or was lately, and for which teams a person may have acted then.

    The team that they are on a shift for comes first. NotVisible where no grid of the last weeks had the scenario.
    """
    found = get_grid_for(viewer, slug, at, permission=Permission.ASK)
    if viewer.user_id is None:
        raise PermissionDenied
    scenario = _there(scenario_queries.scenario_since(found.centre, code, at - override_queries.TOLD_LATE, at))
    teams = rota.teams_since(viewer.user_id, found.centre, at - override_queries.TOLD_LATE, at)
    shift = rota.shift_of(viewer.user_id, found.centre.pk, at)
    return found, scenario, sorted(teams, key=lambda team: shift is None or team.pk != shift.team_id)


def organisation_of(found: GridAccess, viewer: Viewer, at: datetime) -> "Organisation":
    """Return for which organisation a viewer speaks about a draft; PermissionDenied where for none."""
    works_for = None if viewer.user_id is None else agreements.organisation_at(viewer.user_id, found.centre, at)
    speaks_for = works_for or next(iter(found.speaks_for), None)
    if speaks_for is None:
        raise PermissionDenied
    return speaks_for


def _there[Thing](thing: Thing | None) -> Thing:
    if thing is None:
        raise NotVisible
    return thing
