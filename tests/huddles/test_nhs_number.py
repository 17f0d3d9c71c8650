"""NHS numbers: ten digits of which the last fits; the same answer from Python and from PostgreSQL."""

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from huddles import nhs_number
from huddles.nhs_number import NotAnNhsNumberError

KNOWN = ("9434765919", "9990000018", "4505577104")
"""Published examples of the NHS Data Dictionary and of NHS services' own test patients."""


@pytest.mark.parametrize("digits", KNOWN)
def test_known_numbers_are_valid(digits: str) -> None:
    assert nhs_number.is_valid(digits)
    assert nhs_number.parse(f" {digits[:3]} {digits[3:6]}-{digits[6:]} ") == digits


WRONG = ("9434765918", "943476591", "94347659190", "0000000000", "1111111111", "943476591X")
NOT_ASCII = ("٩٤٣٤٧٦٥٩١٩", "９４３４７６５９１９")


@pytest.mark.parametrize("typed", [*WRONG, *NOT_ASCII])
def test_what_is_no_number_is_refused_without_being_repeated(typed: str) -> None:
    with pytest.raises(NotAnNhsNumberError) as refusal:
        nhs_number.parse(typed)
    assert typed not in str(refusal.value)


def test_nothing_is_no_mistake() -> None:
    assert nhs_number.parse("  ") == ""
    assert nhs_number.shown("") == ""
    assert nhs_number.shown("4857773456") == "485 777 3456"


@given(st.integers(0, 999_999_999).map(lambda number: f"{number:09}"))
def test_of_ten_numbers_that_begin_alike_one_at_most_is_valid(first_nine: str) -> None:
    valid = [f"{first_nine}{last}" for last in range(10) if nhs_number.is_valid(f"{first_nine}{last}")]
    assert len(valid) == (nhs_number.check_digit(first_nine) != 10 and len(set(valid[0] if valid else "00")) > 1)


@pytest.mark.django_db
@given(st.lists(st.from_regex(r"[0-9]{9,11}|[0-9]{9}[A-Zé]|", fullmatch=True), min_size=1, max_size=50))
def test_postgresql_says_the_same(texts: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT huddles_nhs_number_valid(digits) FROM unnest(%s::text[]) AS digits", [texts])
        assert [row[0] for row in cursor.fetchall()] == [nhs_number.is_valid(text) for text in texts]
