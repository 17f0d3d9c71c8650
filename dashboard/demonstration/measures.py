"""The measures of the fictional partnership: what each means, in the words of the shared contract."""

from dataclasses import replace
from datetime import date

from partners.services.contract import Definition

BEGINS = date(2016, 4, 1)
"""From when the measures mean something: anyone may send earlier figures too."""

INDEX_OF_DEPRIVATION = "2025"


def _proportion(title: str, definition: str, numerator: str, denominator: str, target: float | None) -> Definition:
    return Definition(
        starts=BEGINS,
        title=title,
        definition=definition,
        numerator_label=numerator,
        denominator_label=denominator,
        unit="proportion",
        multiplier=100,
        aggregation="ratio_of_sums",
        period_type="month",
        improvement="increase",
        breakdowns=("ethnic_group", "deprivation_quintile", "sex", "age_band"),
        target=target,
        imd_version=INDEX_OF_DEPRIVATION,
    )


def _count(title: str, definition: str, numerator: str, unit: str, improvement: str) -> Definition:
    return Definition(
        starts=BEGINS,
        title=title,
        definition=definition,
        numerator_label=numerator,
        unit="count",
        unit_label=unit,
        aggregation="sum",
        period_type="month",
        improvement=improvement,
        breakdowns=("ethnic_group", "deprivation_quintile", "sex", "age_band"),
        imd_version=INDEX_OF_DEPRIVATION,
    )


MEASURES = {
    "crisis-contacts-seen-in-4h": _proportion(
        "Crisis contacts seen in 4 hours",
        "Contacts in a crisis where someone was seen face to face within 4 hours of asking, out of all contacts in a "
        "crisis.",
        "Seen within 4 hours",
        "Contacts in a crisis",
        0.95,
    ),
    "referrals-handed-back": replace(
        _proportion(
            "Referrals handed back",
            "Referrals that went back to whoever sent them without help being offered, out of all referrals answered "
            "in the month.",
            "Handed back",
            "Referrals answered",
            0.05,
        ),
        improvement="decrease",
    ),
    "time-to-first-contact": Definition(
        starts=BEGINS,
        title="Time to first contact",
        definition="Days from a referral to the first contact that helped, for people first seen in the month: all "
        "their days, divided by the people.",
        numerator_label="Days waited by everyone first seen",
        denominator_label="People first seen",
        unit="mean",
        unit_label="days",
        aggregation="ratio_of_sums",
        period_type="month",
        improvement="decrease",
        breakdowns=("ethnic_group", "deprivation_quintile", "sex", "age_band"),
        target=28.0,
        imd_version=INDEX_OF_DEPRIVATION,
    ),
    "crisis-contacts": _count(
        "Crisis contacts",
        "Contacts of people in a crisis with any partner at the centre. More may mean greater need or an easier way "
        "in, so neither direction is better.",
        "Contacts in a crisis",
        "contacts",
        "neutral",
    ),
    "emergency-admissions": Definition(
        starts=BEGINS,
        title="Emergency admissions",
        definition="Emergency admissions to hospital of people registered in the neighbourhood, for each 1,000 people "
        "registered.",
        numerator_label="Emergency admissions",
        denominator_label="People registered",
        unit="rate",
        unit_label="per 1,000 people",
        multiplier=1000,
        aggregation="ratio_of_sums",
        period_type="month",
        improvement="decrease",
        breakdowns=("ethnic_group", "deprivation_quintile", "sex", "age_band"),
        imd_version=INDEX_OF_DEPRIVATION,
    ),
    "section-136-uses": _count(
        "Uses of section 136",
        "Times that the police took someone in the neighbourhood to a place of safety under section 136 of the Mental "
        "Health Act 1983.",
        "Uses",
        "uses",
        "decrease",
    ),
    "shared-care-plan": _proportion(
        "People with a shared care plan",
        "People supported who have one plan that every partner can read and that they helped to write, out of all "
        "people supported at the end of the month.",
        "People with a shared plan",
        "People supported",
        0.8,
    ),
    "outcome-improved": _proportion(
        "Outcome improved, as people report it",
        "People whose own outcome score was better at review than at the start, out of all reviewed with two scores.",
        "People whose score improved",
        "People with two scores",
        0.5,
    ),
    "support-well-coordinated": _proportion(
        "Support was well coordinated",
        "People who agree or strongly agree that the services helping them work together, out of all who answered.",
        "People who agree",
        "People who answered",
        0.75,
    ),
    "felt-more-connected": _proportion(
        "Felt more connected",
        "People who feel more connected to others than three months before, out of all who answered.",
        "People who feel more connected",
        "People who answered",
        None,
    ),
    "visits-to-community-partners": _count(
        "Visits to community partners",
        "Visits that a partner in the community received after an introduction by the centre.",
        "Visits",
        "visits",
        "increase",
    ),
    "staff-inducted": _proportion(
        "Staff with a current induction",
        "People who work at the centre and hold a current joint induction, out of all who work there at the end of the "
        "month.",
        "Staff with a current induction",
        "Staff at the centre",
        0.75,
    ),
    "handovers-accepted-in-30-minutes": _proportion(
        "Handovers accepted within 30 minutes",
        "Handovers that the receiving team accepted within 30 minutes of the offer, out of all handovers offered. "
        "Counted from the handovers themselves.",
        "Accepted within 30 minutes",
        "Handovers offered",
        0.9,
    ),
}
"""In the order in which an overview shows them."""
