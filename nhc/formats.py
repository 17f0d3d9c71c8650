"""How dates, times, numbers and sizes are written on pages: the NHS service manual's style, and the 24-hour clock."""

from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal

from nhc.clock import LONDON, last_date

type Number = int | float | Decimal

_SIZES = ("KB", "MB", "GB")


def _local(value: date | datetime) -> date | datetime:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(LONDON)
    return value


def full_date(value: date | datetime | None) -> str:
    """Return "6 August 2018"; an aware time is read in London; nothing for None."""
    if not value:
        return ""
    local = _local(value)
    return f"{local.day} {local:%B %Y}"


def month_and_year(value: date | datetime | None) -> str:
    """Return "August 2018"."""
    return f"{_local(value):%B %Y}" if value else ""


def day_and_time(value: datetime | None) -> str:
    """Return "Sun 22 Nov, 20:00" in London, on the 24-hour clock that clinical times use."""
    if not value:
        return ""
    local = _local(value)
    return f"{local:%a} {local.day} {local:%b, %H:%M}"


def date_and_time(value: datetime | None) -> str:
    """Return "22 November 2026, 20:00" in London, where the year matters."""
    return f"{full_date(value)}, {_local(value):%H:%M}" if value else ""


def last_full_date(value: datetime) -> str:
    """Return the last day of what ends at an instant, as `full_date`."""
    return full_date(last_date(value))


def deadline(value: datetime | None) -> str:
    """Return the last moment before a deadline: "30 November 2026" for the midnight after it, else with the time."""
    if not value:
        return ""
    return last_full_date(value) if value.astimezone(LONDON).time() == time() else date_and_time(value)


def whole_number(value: Number | None) -> str:
    """Return "12,345"; halves round away from nought, as people expect of a printed count."""
    if value is None:
        return ""
    return f"{_rounded(value, 0):,}"


def figure(value: Number | None) -> str:
    """A figure as it was sent: 9,012 and 12.5, with the decimals it has and no more."""
    if value is None:
        return ""
    exact = Decimal(str(value))
    return f"{int(exact):,}" if exact == exact.to_integral_value() else f"{exact.normalize():,f}"


def with_unit(value: Decimal, unit: str) -> str:
    """Return "£200", "4 hours" or "1 person": an amount with its unit, which stands as it was typed."""
    return f"{unit}{figure(value)}" if unit in {"£", "€"} else f"{figure(value)} {unit}"


def decimal_number(value: Number | None, places: int = 1) -> str:
    """Return the value with commas and a fixed number of decimals: "1,234.5"."""
    if value is None:
        return ""
    return f"{_rounded(value, places):,.{places}f}"


def percent(value: Number | None, places: int = 1) -> str:
    """Return "87.5%" for 87.5: the value is already in per cent."""
    return f"{decimal_number(value, places)}%" if value is not None else ""


def file_size(count: int | None) -> str:
    """Return a number of bytes as people read it: "812 bytes", "1.4 MB"; a thousand to a step."""
    if count is None:
        return ""
    if count < 1000:
        return counted(count, "byte")
    power = min((len(str(count)) - 1) // 3, len(_SIZES))
    size = _rounded(Decimal(count).scaleb(-3 * power), 1)
    return f"{size:f}".removesuffix(".0") + f" {_SIZES[power - 1]}"


def counted(count: int, singular: str, plural: str = "") -> str:
    """Return "1 return", "3 returns", "1,204 returns"."""
    return f"{whole_number(count)} {singular if count == 1 else plural or singular + 's'}"


def _rounded(value: Number, places: int) -> Decimal:
    exact = Decimal(str(value)) if isinstance(value, float) else Decimal(value)
    # Adding nought turns minus nought into nought.
    return exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP) + 0
