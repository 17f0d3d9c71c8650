"""The one aggregation of observations into roll-up rows.

A full rebuild, a drain of dirty slots and cells, the nightly check and a reading of the past all run this same SQL over
different observations, so they cannot disagree. The rules it holds (see docs/adr/0004-one-roll-up-two-ways.md):

- `reported` counts. `none_offered` is reported too: 0 in sums, absent from ratios. `not_collected` and `withheld` are
  answers and add nothing; a cell that nobody reported has no figures.
- Sums are sums, ratios are sum over sum, and what cannot be added has no figures at all, only who reported it.
- A ratio takes only figures that have a denominator. Those from before a version gave the measure one are not reported
  until they are sent again.
- An organisation is expected in a cell where it owed the measure on the period's first day as a partner of the centre,
  or where it reported without owing: so fewer reported than expected always means that somebody is missing.
- The version that holds for a period is the one its first day picks now; days that no version covers belong to the
  version before them, or to the first.
- Limits are 95 per cent: Wilson for proportions; for rates exact Poisson below ten whole events, otherwise Byar.
"""

from dashboard.intervals import EXACT_POISSON, Z

KEY = ("centre_id", "measure_id", "period_start", "dimension", "category")
FIGURES = (
    "version_id",
    "numerator",
    "denominator",
    "value",
    "lower",
    "upper",
    "organisations_expected",
    "organisations_reported",
)
COLUMNS = (*KEY, *FIGURES)


def _pairs(left: str, right: str, columns: tuple[str, ...], joiner: str = " AND ") -> str:
    return joiner.join(f"{left}.{column} = {right}.{column}" for column in columns)


def _listed(alias: str, columns: tuple[str, ...]) -> str:
    return ", ".join(f"{alias}.{column}" for column in columns)


EVERYTHING = "partners_observation o WHERE o.closed_seq IS NULL"

CENTRES = f"{EVERYTHING} AND o.centre_id = ANY(%(centres)s::bigint[])"

_SLOT = "unnest(%(slot_centres)s::bigint[], %(slot_measures)s::bigint[], %(slot_periods)s::date[])"
_SLOT_KEY = KEY[:3]
SLOT_PARAMETERS = ("slot_centres", "slot_measures", "slot_periods")

# Each slot is looked up by itself (OFFSET 0), each cell likewise: PostgreSQL knows nothing of what the arrays hold. It
# would guess far too few rows of a join, and choose plans for those, or read the whole table.
SLOTS = f"""
{_SLOT} WITH ORDINALITY AS slot({", ".join(_SLOT_KEY)}, position)
  CROSS JOIN LATERAL (SELECT seen.* FROM partners_observation AS seen
                       WHERE {_pairs("seen", "slot", _SLOT_KEY)} AND seen.closed_seq IS NULL OFFSET 0) AS o
"""

_CELL = """unnest(%(cell_centres)s::bigint[], %(cell_measures)s::bigint[], %(cell_periods)s::date[],
  %(cell_dimensions)s::text[], %(cell_categories)s::text[])"""
CELL_PARAMETERS = ("cell_centres", "cell_measures", "cell_periods", "cell_dimensions", "cell_categories")

CELLS = f"""
{_CELL} WITH ORDINALITY AS cell({", ".join(KEY)}, position)
  CROSS JOIN LATERAL (SELECT seen.* FROM partners_observation AS seen
                       WHERE {_pairs("seen", "cell", KEY)} AND seen.closed_seq IS NULL OFFSET 0) AS o
"""

KNOWN = """
partners_observation o WHERE o.centre_id = ANY(%(centres)s::bigint[]) AND o.measure_id = ANY(%(measures)s::bigint[])
  AND o.dimension = %(dimension)s AND o.period_start BETWEEN %(first)s AND %(last)s
  AND o.opened_seq <= %(revision)s AND (o.closed_seq IS NULL OR o.closed_seq > %(revision)s)
"""

_Z2 = repr(Z * Z)

_VERSIONS = """
versions AS MATERIALIZED (
  SELECT id AS version_id, measure_id, aggregation, unit,
         CASE WHEN row_number() OVER earlier = 1 THEN '-infinity'::date ELSE starts END AS starts,
         coalesce(lead(starts) OVER earlier, 'infinity'::date) AS ends
    FROM partners_measureversion WINDOW earlier AS (PARTITION BY measure_id ORDER BY starts)
)"""

# The outer join changes no answer (without a partnership nothing is owed): PostgreSQL guesses its size far better. So
# it does below for the version of a cell, of which there is always one.
_OWED = """
owed AS MATERIALIZED (
  SELECT due.id, due.centre_id, due.organisation_id,
         greatest(due.from_date, coalesce(partner.from_date, 'infinity')) AS starts,
         least(coalesce(due.until_date, 'infinity'), coalesce(partner.until_date, 'infinity')) AS ends
    FROM partners_return due
    LEFT JOIN partners_partnership partner
      ON partner.centre_id = due.centre_id AND partner.organisation_id = due.organisation_id
   WHERE %(centres)s::bigint[] IS NULL OR due.centre_id = ANY(%(centres)s::bigint[])
)"""

# Who is expected changes on few days: one row for each stretch between them.
_EXPECTED = """
stretch AS MATERIALIZED (
  SELECT centre_id, starts, lead(starts, 1, 'infinity') OVER (PARTITION BY centre_id ORDER BY starts) AS ends
    FROM (SELECT centre_id, starts FROM owed UNION SELECT centre_id, ends FROM owed) AS edge
), expected AS MATERIALIZED (
  SELECT stretch.centre_id, item.measure_id, stretch.starts, stretch.ends,
         array_agg(DISTINCT owed.organisation_id) AS organisations
    FROM stretch
    JOIN owed ON owed.centre_id = stretch.centre_id AND owed.starts <= stretch.starts AND owed.ends > stretch.starts
    JOIN partners_returnmeasure item ON item.owed_in_id = owed.id
   GROUP BY 1, 2, 3, 4
)"""


def _exact(side: int) -> str:
    limits = ", ".join(repr(pair[side]) for pair in EXACT_POISSON)
    return f"(ARRAY[{limits}]::float8[])[x::integer + 1]"


def _limit(side: int) -> str:
    """Return the expression of the lower (0) or upper (1) limit, each operation that of `dashboard.intervals`."""
    end, value, sign = (("x = 0", "0", "-"), ("x = n", "1", "+"))[side]
    events = ("x", "(x + 1)")[side]
    return f"""
       CASE WHEN x IS NULL OR n IS NULL OR x <> trunc(x) THEN NULL
            WHEN unit = 'proportion' AND x <= n AND n = trunc(n)
            THEN CASE WHEN {end} THEN {value}
                 ELSE (2 * x + {_Z2} {sign} {Z!r} * sqrt({_Z2} + 4 * x * (1 - x / n))) / (2 * (n + {_Z2})) END
            WHEN unit = 'rate' AND x < {len(EXACT_POISSON)} THEN {_exact(side)} / n
            WHEN unit = 'rate'
            THEN {events} * power(1 - 1 / (9 * {events}) {sign} {Z!r} / (3 * sqrt({events})), 3) / n
       END"""


def figures(source: str, *, order: str = "") -> str:
    """Return the SELECT of `COLUMNS` over a source of observations, one of this module's.

    Parameters: `centres` (NULL for every centre) and what the source names. `order` is the order in which the source's
    rows already come, so that they need no long sort. The fences (OFFSET 0) keep PostgreSQL from
    working out the same conversion several times over.
    """
    return f"""
WITH {_VERSIONS}, {_OWED}, {_EXPECTED}, cell AS (
  SELECT o.centre_id, o.measure_id, o.period_start, o.dimension, o.category,
         sum(o.numerator) FILTER (WHERE o.denominator IS NOT NULL) AS divided, sum(o.denominator) AS denominator,
         sum(o.numerator) FILTER (WHERE o.denominator IS NULL) AS undivided,
         -- A check constraint says that figures are there exactly where the state is reported; numbers compare faster.
         array_agg(o.organisation_id) FILTER (WHERE o.denominator IS NOT NULL OR o.state = 'none_offered') AS dividers,
         array_agg(o.organisation_id) FILTER (WHERE o.denominator IS NULL AND o.numerator IS NOT NULL) AS others
    FROM {source}
   GROUP BY {order} 1, 2, 3, 4, 5
), versioned AS (
  SELECT cell.*, versions.version_id, versions.unit, versions.aggregation,
         CASE WHEN versions.aggregation = 'ratio_of_sums' OR cell.others IS NULL THEN cell.dividers
              ELSE cell.dividers || cell.others END AS reporters
    FROM cell
    LEFT JOIN versions ON versions.measure_id = cell.measure_id
     AND cell.period_start >= versions.starts AND cell.period_start < versions.ends
  OFFSET 0
), ruled AS (
  SELECT cell.centre_id, cell.measure_id, cell.period_start, cell.dimension, cell.category, cell.version_id,
         cell.unit, coalesce(cardinality(cell.reporters), 0) AS reported,
         CASE WHEN expected.organisations IS NULL THEN coalesce(cardinality(cell.reporters), 0)
              WHEN cell.reporters IS NULL OR cell.reporters <@ expected.organisations
              THEN cardinality(expected.organisations)
              ELSE (SELECT count(DISTINCT either) FROM unnest(cell.reporters || expected.organisations) AS either)
         END AS expected,
         CASE WHEN cell.aggregation = 'ratio_of_sums' THEN cell.divided
              WHEN cell.aggregation = 'sum' AND cell.reporters IS NOT NULL
              THEN coalesce(cell.divided, 0) + coalesce(cell.undivided, 0)
         END AS numerator,
         CASE WHEN cell.aggregation = 'ratio_of_sums' THEN cell.denominator END AS denominator
    FROM versioned AS cell
    LEFT JOIN expected ON expected.centre_id = cell.centre_id AND expected.measure_id = cell.measure_id
     AND cell.period_start >= expected.starts AND cell.period_start < expected.ends
  OFFSET 0
), measured AS (
  SELECT *, numerator::float8 AS x, nullif(denominator::float8, 0) AS n FROM ruled OFFSET 0
)
SELECT centre_id, measure_id, period_start, dimension, category, version_id, numerator, denominator,
       CASE WHEN denominator IS NULL THEN x ELSE x / n END AS value,
       {_limit(0)} AS lower,
       {_limit(1)} AS upper,
       expected AS organisations_expected, reported AS organisations_reported
  FROM measured"""


_STORED_SLOTS = f"""
SELECT found.* FROM {_SLOT} AS slot({", ".join(_SLOT_KEY)})
  CROSS JOIN LATERAL (SELECT stored.*, stored.ctid AS place FROM dashboard_rollup AS stored
                       WHERE {_pairs("stored", "slot", _SLOT_KEY)} OFFSET 0) AS found"""

_STORED_CELLS = f"""
SELECT found.* FROM {_CELL} AS cell({", ".join(KEY)})
  CROSS JOIN LATERAL (SELECT stored.*, stored.ctid AS place FROM dashboard_rollup AS stored
                       WHERE {_pairs("stored", "cell", KEY)} OFFSET 0) AS found"""

_STORED_CENTRES = """
SELECT stored.*, stored.ctid AS place
  FROM dashboard_rollup AS stored WHERE stored.centre_id = ANY(%(centres)s::bigint[])"""


def _compared(fresh: str, stored: str) -> str:
    """Return a SELECT of the keys where what is stored is not what the observations say, with both sides' figures."""
    return f"""
SELECT {", ".join(f"coalesce(fresh.{name}, stored.{name}) AS {name}" for name in KEY)}, {_listed("fresh", FIGURES)},
       {", ".join(f"stored.{name} AS stored_{name}" for name in FIGURES)},
       fresh.centre_id IS NULL AS gone, stored.centre_id IS NULL AS missing, stored.place
  FROM ({fresh}) AS fresh
  FULL JOIN ({stored}) AS stored ON {_pairs("stored", "fresh", KEY)}
 WHERE fresh.centre_id IS NULL OR stored.centre_id IS NULL
    OR ({_listed("fresh", FIGURES)}) IS DISTINCT FROM ({_listed("stored", FIGURES)})"""


def _refresh(compared: str) -> str:
    """Return the statement that writes what differs and answers with (centre, rows written or removed).

    Rows that are right already stay as they are, with the run that wrote them: most rows of a dirty slot do. Those that
    must go are found again by their place: nobody else writes them while the centre's lock is held.
    """
    return f"""
WITH changed AS MATERIALIZED ({compared}
), removed AS (
  DELETE FROM dashboard_rollup WHERE ctid = ANY (ARRAY(SELECT place FROM changed WHERE gone))
  RETURNING centre_id
), written AS (
  INSERT INTO dashboard_rollup ({", ".join(COLUMNS)}, run_id)
  SELECT {", ".join(COLUMNS)}, %(run)s FROM changed WHERE NOT gone
  ON CONFLICT ({", ".join(KEY)}) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in FIGURES)},
                                               run_id = excluded.run_id
  RETURNING centre_id
)
SELECT centre_id, count(*) FROM (SELECT centre_id FROM removed UNION ALL SELECT centre_id FROM written) AS touched
 GROUP BY 1"""


REFRESH_SLOTS = _refresh(_compared(figures(SLOTS, order="slot.position,"), _STORED_SLOTS))

REFRESH_CELLS = _refresh(_compared(figures(CELLS, order="cell.position,"), _STORED_CELLS))

REFRESH_CENTRES = _refresh(_compared(figures(CENTRES), _STORED_CENTRES))

# One statement is one snapshot: what it removes from the dirty log is what it has read.
REBUILD = f"""
WITH taken AS (DELETE FROM partners_dirtyslot)
INSERT INTO dashboard_rollup_shadow ({", ".join(COLUMNS)}, run_id)
SELECT {", ".join(COLUMNS)}, %(run)s FROM ({figures(EVERYTHING)}) AS fresh"""

# One snapshot again; slots and cells that wait for a drain may differ.
CHECK = f"""
SELECT {_listed("found", KEY)}, {_listed("found", FIGURES)}, {", ".join(f"found.stored_{name}" for name in FIGURES)},
       found.gone, found.missing, (SELECT code FROM partners_measure WHERE id = found.measure_id),
       count(*) OVER () AS differences
  FROM ({_compared(figures(CENTRES), _STORED_CENTRES)}) AS found
 WHERE ({_listed("found", _SLOT_KEY)}) NOT IN (
         SELECT {", ".join(_SLOT_KEY)} FROM partners_dirtyslot
          WHERE centre_id = ANY(%(centres)s::bigint[]) AND dimension IS NULL)
   AND ({_listed("found", KEY)}) NOT IN (
         SELECT {", ".join(KEY)} FROM partners_dirtyslot
          WHERE centre_id = ANY(%(centres)s::bigint[]) AND dimension IS NOT NULL)
 ORDER BY {_listed("found", KEY)} LIMIT %(limit)s"""
