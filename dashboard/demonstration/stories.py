"""What the made-up figures of the two centres show: every kind of signal, and what real figures lack.

Places count months from 0, the oldest of 36, to 35, the last complete one.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from dashboard.demonstration.made_up import MONTHS, Gap, Scene, Story

TRUST, PRACTICES, COUNCIL, LANTERN = "ZZ001", "ZZ002", "ZZ003", "ZZ004"
HOME_CARE, PHARMACY, AMBULANCE, HOUSING = "ZZ005", "ZZ006", "ZZ007", "ZZ008"
BACKBONES: Mapping[str, str] = {"riverside": "LBACK1", "hillside": "LBACK2"}
"""The system organisation of each centre, which sends what the work itself counts."""

NEWEST = 27
"""The place of the first month of the measure that is too young for icons."""


@dataclass(frozen=True, slots=True)
class Rebased:
    """A new step of a chart from the month at `place`."""

    measure: str
    place: int
    reason: str
    agreed_by: str


@dataclass(frozen=True, slots=True)
class Annotated:
    """Something that happened in the month at `place`."""

    measure: str
    place: int
    text: str


@dataclass(frozen=True, slots=True)
class Correction:
    """So many more were found after the month had been sent."""

    organisation: str
    measure: str
    place: int
    more: int
    reason: str


_CONTACTS = {TRUST: 140, AMBULANCE: 60, LANTERN: 18}
_ETHNICITY, _DEPRIVATION = "ethnic_group", "deprivation_quintile"

RIVERSIDE = Scene(
    "riverside",
    {
        "crisis-contacts": Story(
            kind="count",
            levels=((0, 1.0), (27, 1.0), (28, 1.17)),
            sizes=_CONTACTS,
            noise=0.07,
            breakdowns=(_DEPRIVATION,),
            seed=50,
        ),
        "crisis-contacts-seen-in-4h": Story(
            levels=((0, 0.84), (26, 0.84), (27, 0.775)),
            sizes=_CONTACTS,
            among="crisis-contacts",
            noise=0.04,
            breakdowns=(_ETHNICITY, _DEPRIVATION),
            seed=24,
        ),
        "referrals-handed-back": Story(
            levels=((0, 0.062), (34, 0.062), (35, 0.105)),
            sizes={TRUST: 210, PRACTICES: 160, COUNCIL: 90, LANTERN: 55},
            noise=0.17,
            breakdowns=(_DEPRIVATION,),
        ),
        "time-to-first-contact": Story(
            kind="ratio",
            levels=((0, 22.0), (25, 22.0), (26, 18.4)),
            sizes={TRUST: 120, PRACTICES: 90, COUNCIL: 35, LANTERN: 40},
            noise=0.12,
            breakdowns=(_DEPRIVATION,),
            seed=1,
        ),
        "emergency-admissions": Story(
            kind="ratio",
            levels=((0, 0.0094), (26, 0.0098), (35, 0.0084)),
            sizes={PRACTICES: 41_200},
            noise=0.12,
            steady=True,
            calm=27,
            seed=1,
        ),
        "section-136-uses": Story(
            kind="count",
            levels=((0, 1.0),),
            sizes={TRUST: 9, AMBULANCE: 5},
            noise=0.5,
            breakdowns=(_ETHNICITY,),
            gaps=(Gap(AMBULANCE, (4, 5), "none_offered", "No crew was on call for the neighbourhood"),),
        ),
        "shared-care-plan": Story(
            levels=((0, 0.705), (26, 0.705), (27, 0.757)),
            sizes={TRUST: 310, PRACTICES: 420, COUNCIL: 160, LANTERN: 90},
            noise=0.07,
            breakdowns=(_DEPRIVATION,),
            seed=7,
        ),
        "outcome-improved": Story(
            levels=((0, 0.63),),
            sizes={TRUST: 95, PRACTICES: 60, LANTERN: 30},
            noise=0.07,
            breakdowns=(_ETHNICITY, _DEPRIVATION),
        ),
        "support-well-coordinated": Story(
            levels=((0, 0.66), (19, 0.66), (20, 0.77)),
            sizes={TRUST: 60, PRACTICES: 80, COUNCIL: 40, LANTERN: 28, HOUSING: 22},
            noise=0.06,
            breakdowns=(_DEPRIVATION,),
            gaps=(Gap(HOUSING, (33,)),),
        ),
        "felt-more-connected": Story(
            levels=((0, 0.69),),
            sizes={LANTERN: 45, COUNCIL: 50, HOUSING: 25},
            noise=0.07,
            gaps=(
                Gap(LANTERN, (9, 10), "not_collected", "The group was paused"),
                Gap(HOUSING, (16, 17, 18), "none_offered", "No group met in these months"),
                Gap(COUNCIL, (22,), "withheld", "Too few replies to share"),
            ),
        ),
        "visits-to-community-partners": Story(
            kind="count",
            levels=((0, 1.0),),
            sizes={LANTERN: 85, HOUSING: 40, PHARMACY: 30, COUNCIL: 20},
            noise=0.09,
            gaps=(Gap(LANTERN, (33, 34)),),
        ),
        "staff-inducted": Story(
            levels=((0, 0.87), (26, 0.87), (27, 0.92)),
            sizes={TRUST: 34, PRACTICES: 18, COUNCIL: 15, LANTERN: 9, PHARMACY: 4, AMBULANCE: 12, HOUSING: 6},
            noise=0.045,
            steady=True,
            seed=7,
        ),
        "handovers-accepted-in-30-minutes": Story(
            levels=((0, 0.86),), sizes={BACKBONES["riverside"]: 290}, noise=0.06, first=NEWEST
        ),
    },
)

HILLSIDE = Scene(
    "hillside",
    {
        "crisis-contacts": Story(
            kind="count", levels=((0, 1.0),), sizes={TRUST: 70, AMBULANCE: 30, LANTERN: 9}, noise=0.08, seed=1
        ),
        "crisis-contacts-seen-in-4h": Story(
            levels=((0, 0.80), (25, 0.80), (26, 0.88)),
            sizes={TRUST: 70, AMBULANCE: 30, LANTERN: 9},
            among="crisis-contacts",
            noise=0.045,
            breakdowns=(_ETHNICITY, _DEPRIVATION),
            seed=37,
        ),
        "referrals-handed-back": Story(
            levels=((0, 0.07),),
            sizes={TRUST: 110, COUNCIL: 60, LANTERN: 30, HOME_CARE: 40},
            noise=0.16,
            seed=1,
        ),
        "time-to-first-contact": Story(
            kind="ratio",
            levels=((0, 25.0), (26, 23.2), (35, 27.0)),
            sizes={TRUST: 60, COUNCIL: 25, LANTERN: 22},
            noise=0.14,
            breakdowns=(_DEPRIVATION,),
            calm=27,
            seed=6,
        ),
        "emergency-admissions": Story(
            kind="ratio", levels=((0, 0.0088),), sizes={TRUST: 24_600}, noise=0.1, steady=True, seed=0
        ),
        "section-136-uses": Story(
            kind="count", levels=((0, 1.0),), sizes={TRUST: 4, AMBULANCE: 3}, noise=0.5, breakdowns=(_ETHNICITY,)
        ),
        "shared-care-plan": Story(
            levels=((0, 0.49),),
            sizes={TRUST: 150, COUNCIL: 90, LANTERN: 45, HOME_CARE: 70},
            noise=0.06,
            breakdowns=(_DEPRIVATION,),
            seed=1,
        ),
        "outcome-improved": Story(
            levels=((0, 0.55),), sizes={TRUST: 50, LANTERN: 16}, noise=0.1, breakdowns=(_ETHNICITY,)
        ),
        "support-well-coordinated": Story(
            levels=((0, 0.72),),
            sizes={TRUST: 35, COUNCIL: 24, LANTERN: 14, HOME_CARE: 20},
            noise=0.08,
            seed=1,
        ),
        "felt-more-connected": Story(
            levels=((0, 0.6),),
            sizes={LANTERN: 22, HOME_CARE: 18},
            noise=0.1,
            gaps=(Gap(HOME_CARE, (MONTHS - 1,), "not_collected", "The questionnaire was being translated"),),
        ),
        "visits-to-community-partners": Story(
            kind="count",
            levels=((0, 1.0), (26, 1.0), (27, 0.84)),
            sizes={LANTERN: 48, COUNCIL: 15, HOME_CARE: 22},
            noise=0.07,
            seed=12,
        ),
        "staff-inducted": Story(
            levels=((0, 0.80),),
            sizes={TRUST: 20, COUNCIL: 10, LANTERN: 6, HOME_CARE: 9, AMBULANCE: 8},
            noise=0.05,
            steady=True,
        ),
        "handovers-accepted-in-30-minutes": Story(
            levels=((0, 0.8),), sizes={BACKBONES["hillside"]: 120}, noise=0.06, first=NEWEST
        ),
    },
)

SCENES = (RIVERSIDE, HILLSIDE)

REBASED: Mapping[str, tuple[Rebased, ...]] = {
    "riverside": (
        Rebased(
            "support-well-coordinated",
            20,
            "One shared plan for each person replaced the plans that five partners kept on their own.",
            "Neighbourhood Partnership Board, all 7 organisations",
        ),
    ),
    "hillside": (),
}
ANNOTATED: Mapping[str, tuple[Annotated, ...]] = {
    "riverside": (
        Annotated("time-to-first-contact", 26, "Partners began to go through new referrals together every morning."),
        Annotated("crisis-contacts-seen-in-4h", 27, "The evening crisis nurse left; the post stays open."),
        Annotated("visits-to-community-partners", 20, "Lantern's travel is paid from the winter money."),
    ),
    "hillside": (Annotated("crisis-contacts-seen-in-4h", 26, "A second crisis nurse works in the evenings."),),
}
CORRECTIONS: Mapping[str, tuple[Correction, ...]] = {
    "riverside": (Correction(LANTERN, "visits-to-community-partners", 35, 14, "14 visits found in a paper diary"),),
    "hillside": (),
}
