"""The partnership as benchmarks read it: people, teams, rotas, inductions and agreements of many centres at once.

Made by the database from a few statements, not through the services: what is measured is reading.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import psycopg
from django.db import connection

from nhc.clock import london_date
from nhc.models import User
from partners.models import Centre, Cover, DutyRole, Organisation, Partnership, Team

ORGANISATIONS = 20
DUTIES = ("Shift lead", "Duty doctor", "Night nurse", "Front door", "Peer on call", "Safeguarding lead")
SHIFTS_EACH = 10
"""In eight weeks; with 250 people at a centre it has some 45 shifts a day, whatever the scale."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How much there is."""

    centres: int
    teams: int
    users: int
    events: int


FULL = Scale(centres=40, teams=500, users=10_000, events=100_000)
SMALL = Scale(centres=4, teams=50, users=1_000, events=10_000)


@dataclass(frozen=True, slots=True)
class Population:
    """Where to look: the busiest centre, its largest partner, who looks after both, and who reads the trail there."""

    centre: Centre
    organisation: Organisation
    manager: User
    privacy_officer: User
    team_id: int
    counts: str


# The first organisation employs every other team. A person's employer is the organisation of their first team.
_PEOPLE = """
INSERT INTO nhc_user (email, name, password, is_active, is_staff, is_superuser, joined_at)
SELECT 'person-' || n || '@people.example', first || ' ' || family || ' ' || n, '!', true, false, false, %(since)s
FROM generate_series(0, %(users)s - 1) AS n,
     LATERAL (SELECT (ARRAY['Amina','Bryn','Carol','Dev','Esther','Femi','Grace','Hugh'])[n %% 8 + 1] AS first,
                     (ARRAY['Ahmed','Brown','Clarke','Davies','Evans','Okafor','Patel'])[n %% 7 + 1] AS family) AS word
ORDER BY n;
CREATE TEMPORARY TABLE place AS
WITH team AS (
  SELECT id, organisation_id, centre_id, row_number() OVER (PARTITION BY centre_id ORDER BY id) - 1 AS number,
         count(*) OVER (PARTITION BY centre_id) AS of,
         dense_rank() OVER (ORDER BY centre_id) - 1 AS centre_number
  FROM partners_team WHERE centre_id = ANY(%(centres)s)
), person AS (
  SELECT id, row_number() OVER (ORDER BY id) - 1 AS n FROM nhc_user WHERE email LIKE '%%@people.example'
)
SELECT person.id AS user_id, n / cardinality(%(centres)s::bigint[]) AS number, team.id AS team_id,
       team.organisation_id, team.centre_id
FROM person JOIN team ON team.centre_number = n %% cardinality(%(centres)s::bigint[])
                     AND team.number = n / cardinality(%(centres)s::bigint[]) %% team.of;
INSERT INTO partners_employment (user_id, organisation_id, line_manager_id, administrator, starts_at)
SELECT user_id, organisation_id, CASE WHEN number BETWEEN 1 AND 120 AND centre_id = (%(centres)s::bigint[])[1]
         THEN first_value(user_id) OVER (PARTITION BY centre_id ORDER BY number) END, number = 0, %(since)s
FROM place;
INSERT INTO partners_membership (user_id, team_id, role, starts_at)
SELECT user_id, team_id, CASE WHEN number = 0 THEN 'manager' WHEN number = 1 THEN 'privacy' ELSE 'practitioner' END,
       %(since)s
FROM place ORDER BY user_id;
INSERT INTO partners_membership (user_id, team_id, role, starts_at)
SELECT user_id, (SELECT min(id) FROM partners_team WHERE centre_id = (%(centres)s::bigint[])[
         (array_position(%(centres)s::bigint[], place.centre_id) %% cardinality(%(centres)s::bigint[])) + 1]),
       'practitioner', %(since)s
FROM place WHERE number %% 5 = 4;
UPDATE partners_team SET lead_id = (SELECT min(user_id) FROM place WHERE team_id = partners_team.id)
WHERE centre_id = ANY(%(centres)s);
"""

_SHIFTS = """
INSERT INTO partners_shift (team_id, user_id, duty_role_id, starts_at, ends_at, operational_date, source, external_id,
                            reason, version, created_at, cancelled_how, cancelled_why)
SELECT place.team_id, place.user_id, role.id, begins, begins + interval '8 hours', day, 'page', '', '', 1, %(since)s,
       '', ''
FROM place
JOIN partners_dutyrole role ON role.centre_id = place.centre_id AND role.position = place.number %% %(duties)s,
     generate_series(0, %(shifts)s - 1) AS turn,
     LATERAL (SELECT %(first)s::date + (place.number %% 6 + turn * 56 / 10)::int) AS on_day(day),
     LATERAL (SELECT (day + time '07:00' + interval '8 hours' * (place.number / 6 %% 3)) AT TIME ZONE 'Europe/London')
       AS start(begins);
INSERT INTO partners_wallscreen (centre_id, name, token_digest, paired_by_id, paired_at, version)
SELECT place.centre_id, 'Screen ' || n, sha256((place.centre_id || ' ' || n)::bytea), place.user_id, %(since)s, 1
FROM place, generate_series(1, 12) AS n WHERE number = 0;
"""

_AGREEMENTS = """
INSERT INTO partners_agreement (centre_id, kind, created_at)
SELECT id, kind, %(since)s FROM unnest(%(centres)s::bigint[]) AS id, unnest(%(kinds)s::text[]) AS kind;
INSERT INTO partners_agreementversion (agreement_id, number, text, summary, created_at, opened_at, opened_on, sign_by,
                                       review_on)
SELECT id, 1, repeat(E'## What we share\n\nTotals, and nobody''s name. We answer each other within a day.\n\n', 60),
       'The first', %(since)s, %(since)s, %(since)s::date, %(since)s::date + 30, %(since)s::date + 400
FROM partners_agreement WHERE centre_id = ANY(%(centres)s);
INSERT INTO partners_signature (version_id, organisation_id, user_id, capacity, signed_at)
SELECT version.id, organisation.id, (SELECT min(user_id) FROM place), 'Chief executive', %(since)s
FROM partners_agreementversion version
JOIN partners_agreement agreement ON agreement.id = version.agreement_id AND agreement.centre_id = ANY(%(centres)s),
     unnest(%(organisations)s::bigint[]) AS organisation(id)
WHERE (organisation.id + version.id) %% 4 > 0;
INSERT INTO partners_agreementproposal (agreement_id, base_id, base_text, text, reason, user_id, organisation_id,
                                        version, created_at, changed_at, state, answer)
SELECT agreement.id, version.id, version.text, version.text || n, 'Something is missing', place.user_id,
       place.organisation_id, 1, %(since)s, %(since)s, 'open', ''
FROM partners_agreement agreement JOIN partners_agreementversion version ON version.agreement_id = agreement.id
JOIN place ON place.centre_id = agreement.centre_id AND place.number = 0, generate_series(1, 30) AS n;
INSERT INTO partners_agreementcomment (proposal_id, text, user_id, organisation_id, made_at)
SELECT id, 'I agree with ' || n, user_id, organisation_id, %(since)s
FROM partners_agreementproposal, generate_series(1, 5) AS n;
"""

_INDUCTIONS = """
INSERT INTO partners_inductionpack (centre_id, kind, created_at)
SELECT id, 'full', %(since)s FROM unnest(%(centres)s::bigint[]) AS id;
INSERT INTO partners_inductionpackversion (pack_id, number, valid_for_days, edition, created_at, opened_at)
SELECT id, 1, 300, 1, %(since)s, %(since)s FROM partners_inductionpack WHERE centre_id = ANY(%(centres)s);
INSERT INTO partners_induction (user_id, centre_id, version_id, started_at, completed_at, expires_at)
SELECT place.user_id, place.centre_id, version.id, begun, begun, begun + interval '300 days'
FROM place JOIN partners_inductionpack pack ON pack.centre_id = place.centre_id
JOIN partners_inductionpackversion version ON version.pack_id = pack.id,
     LATERAL (SELECT %(since)s + interval '1 day' * (place.number %% 350)) AS start(begun)
WHERE place.number %% 5 > 0 OR place.number = 0;
INSERT INTO partners_normsconfirmation (user_id, version_id, confirmed_at)
SELECT place.user_id, version.id, %(since)s
FROM place JOIN partners_agreement agreement ON agreement.centre_id = place.centre_id AND agreement.kind = 'norms'
JOIN partners_agreementversion version ON version.agreement_id = agreement.id
WHERE place.number %% 7 > 0 OR place.number = 0;
"""

_EVENTS = """
INSERT INTO nhc_auditevent (at, transaction_id, actor_kind, user_id, key_prefix, system_name, verb, subject,
                            subject_id, centre, organisation, request_id, details)
SELECT %(at)s - interval '30 seconds' * n, 0, 'user', people[n %% cardinality(people) + 1], '', '',
       CASE WHEN n %% 50 = 0 THEN 'figure.corrected' ELSE 'record.read' END, 'record', (n %% 3000)::text,
       slugs[n %% cardinality(slugs) + 1], '', '', '{"fields": ["reason"], "version": 2}'
FROM generate_series(1, %(events)s) AS n,
     (SELECT array_agg(user_id) FROM place) AS everyone(people),
     (SELECT array_agg(slug ORDER BY id) FROM partners_centre WHERE id = ANY(%(centres)s)) AS everywhere(slugs)
"""


def populate(owner: psycopg.Connection[tuple[object, ...]], scale: Scale, *, at: datetime) -> Population:
    """Make it all, in eight weeks of rota that begin a week before the month of `at`."""
    since = at - timedelta(days=360)
    organisations = Organisation.objects.bulk_create(
        Organisation(code=f"LPART{number}", name=f"Partner {number:02}", sector="other")
        for number in range(ORGANISATIONS)
    )
    centres = Centre.objects.bulk_create(
        Centre(slug=f"place-{number:02}", name=f"Place {number:02}") for number in range(scale.centres)
    )
    _places(organisations, centres, scale, since=since)
    first = london_date(at).replace(day=1) - timedelta(days=7)
    given: dict[str, str | int | datetime | date | list[int] | list[str]] = {
        "since": since,
        "at": at,
        "users": scale.users,
        "events": scale.events,
        "centres": [each.pk for each in centres],
        "organisations": [each.pk for each in organisations],
        "kinds": ["memorandum", "information-sharing", "norms"],
        "duties": len(DUTIES),
        "shifts": SHIFTS_EACH,
        "first": first,
    }
    with connection.cursor() as cursor:
        for statements in (_PEOPLE, _SHIFTS, _AGREEMENTS, _INDUCTIONS, _EVENTS):
            for statement in statements.split(";\n"):
                if statement.strip():
                    cursor.execute(statement, given)
        cursor.execute("DROP TABLE place")
    owner.execute("VACUUM ANALYZE")
    manager, officer = User.objects.filter(memberships__team__centre=centres[0]).order_by("pk")[:2]
    team = Team.objects.filter(centre=centres[0]).order_by("pk")[0]
    counts = f"{scale.users:,} users, {scale.teams} teams, {scale.users * SHIFTS_EACH:,} shifts"
    return Population(centres[0], organisations[0], manager, officer, team.pk, counts)


def _places(organisations: list[Organisation], centres: list[Centre], scale: Scale, *, since: datetime) -> None:
    """Make every organisation a partner everywhere, and teams: an eighth of them at the first centre."""
    Partnership.objects.bulk_create(
        Partnership(organisation=organisation, centre=centre, from_date=since.date())
        for organisation in organisations
        for centre in centres
    )
    Team.objects.bulk_create(
        Team(
            organisation=organisations[0 if number % 2 else 1 + number % (ORGANISATIONS - 1)],
            centre=centres[0 if number < scale.teams // 8 else number % scale.centres],
            name=f"Team {number:03}",
            purpose="Answers the door",
            telephone="01632 960000",
            place="Ground floor",
            hours="9:00 to 17:00",
        )
        for number in range(1, scale.teams + 1)
    )
    roles = DutyRole.objects.bulk_create(
        DutyRole(
            centre=centre,
            code=name.lower().replace(" ", "-"),
            name=name,
            position=position,
            round_the_clock=position == 0,
            created_at=since,
        )
        for centre in centres
        for position, name in enumerate(DUTIES)
    )
    Cover.objects.bulk_create(
        Cover(duty_role=role, weekday=weekday, starts=time(9), ends=time(17))
        for role in roles
        if role.position
        for weekday in range(7)
    )
