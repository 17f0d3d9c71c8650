"""The ways in which a figure may be broken down. Codes are national ones where they exist.

`ethnic_group`: ethnic category code, and `sex`: person stated gender code, both of the NHS Data Model and Dictionary.
`deprivation_quintile`: 1 is the most deprived fifth; each measure names its edition of the index.
`migration_status` exists in aggregates only and is never stored about a person.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Category:
    """One value of a dimension, in the order in which pages and answers list it."""

    code: str
    label: str


@dataclass(frozen=True, slots=True)
class Dimension:
    """A breakdown: its code, the words for it and its categories."""

    code: str
    label: str
    categories: tuple[Category, ...]

    def order(self, category: str) -> int:
        """Return the place of a category in the list."""
        return [each.code for each in self.categories].index(category)


def _dimension(code: str, label: str, **categories: str) -> Dimension:
    return Dimension(
        code,
        label,
        tuple(Category(name.removeprefix("_").replace("_to_", "-"), text) for name, text in categories.items()),
    )


_NOT_KNOWN = "Not known"

DIMENSIONS: dict[str, Dimension] = {
    dimension.code: dimension
    for dimension in (
        _dimension(
            "ethnic_group",
            "Ethnicity",
            A="White: British",
            B="White: Irish",
            C="Any other White background",
            D="White and Black Caribbean",
            E="White and Black African",
            F="White and Asian",
            G="Any other mixed background",
            H="Indian",
            J="Pakistani",
            K="Bangladeshi",
            L="Any other Asian background",
            M="Caribbean",
            N="African",
            P="Any other Black background",
            R="Chinese",
            S="Any other ethnic group",
            Z="Not stated",
            _99=_NOT_KNOWN,
        ),
        _dimension(
            "deprivation_quintile",
            "Deprivation",
            _1="Most deprived fifth",
            _2="Second most deprived fifth",
            _3="Middle fifth",
            _4="Second least deprived fifth",
            _5="Least deprived fifth",
            _99=_NOT_KNOWN,
        ),
        _dimension("sex", "Sex", _1="Male", _2="Female", _9="Indeterminate", X=_NOT_KNOWN),
        _dimension(
            "age_band",
            "Age",
            _0_to_4="0 to 4",
            _5_to_11="5 to 11",
            _12_to_17="12 to 17",
            _18_to_24="18 to 24",
            _25_to_34="25 to 34",
            _35_to_49="35 to 49",
            _50_to_64="50 to 64",
            _65_to_74="65 to 74",
            _75_to_84="75 to 84",
            **{"85+": "85 and over"},
            _99=_NOT_KNOWN,
        ),
        _dimension("disability", "Disability", Y="Disabled", N="Not disabled", _99=_NOT_KNOWN),
        _dimension("first_language", "First language", english="English", other="Another language", _99=_NOT_KNOWN),
        _dimension("migration_status", "Migration status", settled="Settled", other="Other", _99=_NOT_KNOWN),
    )
}


def is_category(dimension: str, category: str) -> bool:
    """Whether the pair is one of the contract's."""
    return (dimension, category) in PAIRS


PAIRS = frozenset((each.code, category.code) for each in DIMENSIONS.values() for category in each.categories)
"""Every (dimension, category) of the contract."""
