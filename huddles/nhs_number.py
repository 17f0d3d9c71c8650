"""NHS numbers: ten digits, of which the last is a check (modulus 11, NHS Data Dictionary)."""

LENGTH = 10
_ASCII_DIGITS = frozenset("0123456789")
_SEPARATORS = dict.fromkeys(map(ord, " -\u00a0\u2009\u202f\u2010\u2011\u2013"))


class NotAnNhsNumberError(ValueError):
    """What was given is no NHS number. Its message is a sentence for people and never repeats what they typed."""


def parse(text: str) -> str:
    """Return the ten digits of an NHS number, however it was spaced; '' for nothing.

    Raises NotAnNhsNumberError for other lengths, for anything but the digits 0 to 9, and for a wrong check digit.
    """
    digits = text.strip().translate(_SEPARATORS)
    if not digits:
        return ""
    if not _ASCII_DIGITS.issuperset(digits) or len(digits) != LENGTH:
        raise NotAnNhsNumberError("An NHS number has 10 digits, like 485 777 3456.")
    if not is_valid(digits):
        raise NotAnNhsNumberError("This NHS number has a mistake in it: its digits do not fit together. Check it.")
    return digits


def is_valid(digits: str) -> bool:
    """Whether ten digits carry their right check digit. A remainder of 10 makes a number that is never issued."""
    if len(digits) != LENGTH or not _ASCII_DIGITS.issuperset(digits) or len(set(digits)) == 1:
        return False
    return check_digit(digits[:9]) == int(digits[9])


def check_digit(first_nine: str) -> int:
    """Return the tenth digit for nine; 10 where no number begins with them."""
    weighted = sum(int(digit) * weight for digit, weight in zip(first_nine, range(10, 1, -1), strict=True))
    return (11 - weighted % 11) % 11


def shown(digits: str) -> str:
    """Return an NHS number as people read it: 485 777 3456."""
    return f"{digits[:3]} {digits[3:6]} {digits[6:]}" if digits else ""
