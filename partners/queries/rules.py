"""The rules that a submission is checked against, read in one query whatever it holds."""

from collections.abc import Iterable
from datetime import date

import msgspec
from django.db import connection

from partners.validation import MeasureRule, VersionRule

_RULES = """
SELECT m.code, m.id,
  coalesce((SELECT jsonb_agg(jsonb_build_array(v.id, v.starts, v.ends, v.period_type, v.whole_numbers,
                                               v.denominator_label <> '', v.unit = 'proportion', v.breakdowns)
                             ORDER BY v.starts DESC)
            FROM partners_measureversion v WHERE v.measure_id = m.id), '[]')::text,
  coalesce((SELECT jsonb_agg(jsonb_build_array(c.from_date, c.until_date))
            FROM partners_collection c WHERE c.measure_id = m.id AND c.centre_id = %(centre)s), '[]')::text,
  coalesce((SELECT jsonb_agg(jsonb_build_array(r.from_date, r.until_date, r.period_type, r.closes_after_days))
            FROM partners_return r JOIN partners_returnmeasure rm ON rm.owed_in_id = r.id
            WHERE rm.measure_id = m.id AND r.centre_id = %(centre)s AND r.organisation_id = %(organisation)s
              AND r.closes_after_days IS NOT NULL), '[]')::text
FROM partners_measure m WHERE m.code = ANY(%(codes)s)
"""


def rules_for(*, organisation_id: int, centre_id: int, codes: Iterable[object]) -> dict[str, MeasureRule]:
    """Return the rules of the measures that a batch names, by code. Names that are no measure are simply absent."""
    named = {code for code in codes if isinstance(code, str)}
    wanted = sorted(filter(_may_be_a_code, named))
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_RULES, {"organisation": organisation_id, "centre": centre_id, "codes": wanted})
        return {row[0]: _rule(*row[1:]) for row in cursor.fetchall()}


def _may_be_a_code(text: str) -> bool:
    return text.isascii() and "\0" not in text and len(text) <= 64


_versions = msgspec.json.Decoder(list[tuple[int, date, date | None, str, bool, bool, bool, frozenset[str]]])
_ranges = msgspec.json.Decoder(list[tuple[date, date | None]])
_closings = msgspec.json.Decoder(list[tuple[date, date | None, str, int]])


def _rule(measure_id: int, versions: str, collected: str, closes: str) -> MeasureRule:
    return MeasureRule(
        id=measure_id,
        versions=tuple(VersionRule(*version) for version in _versions.decode(versions)),
        collected=tuple(_ranges.decode(collected)),
        closes=tuple(_closings.decode(closes)),
    )
