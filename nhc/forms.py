"""Form fields that speak the NHS design system: each renders through its own template with the words people read.

A page writes `{{ form.name.as_field_group() }}`. Fields take Django's own options, `hint`, and words for what may be wrong.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypedDict, Unpack, override

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.files.base import File
from django.forms.boundfield import BoundField

from nhc import formats

type Size = Literal["", "s", "m", "l", "xl"]
type Choices = Iterable[tuple[str, str]]

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


class Options(TypedDict, total=False):
    """What every field takes: Django's own options, and how its label is shown."""

    required: bool
    label: str
    initial: object
    hint: str
    error_messages: Mapping[str, str]
    disabled: bool
    label_size: Size
    page_heading: bool


class Worded(forms.Field):
    """How a field is shown: its label's size, its hint, the width of its box in characters."""

    shown_by: str
    label_size: Size
    page_heading: bool
    width: int | None = None
    autocomplete: str = ""
    inputmode: str = ""

    def _django_options(self, options: Options, missing: str = "") -> dict[str, object]:
        """Return the options that Django's own field takes, once ours have been kept here.

        `missing` says what to do about an empty field where `error_messages` does not.
        """
        self.label_size = options.get("label_size", "")
        self.page_heading = options.get("page_heading", False)
        ours = ("hint", "label_size", "page_heading")
        given: dict[str, object] = {name: value for name, value in options.items() if name not in ours}
        given["help_text"] = options.get("hint", "")
        given["template_name"] = f"nhsuk_forms/{self.shown_by}.jinja"
        words = {"required": missing} if missing else {}
        given["error_messages"] = words | dict(options.get("error_messages", {}))
        return given


def _named(options: Options) -> str:
    """The label in mid-sentence: "Email address" becomes "email address", "NHS number" stays."""
    label = options.get("label", "an answer")
    return label if label[:2].isupper() else label[:1].lower() + label[1:]


class TextField(Worded, forms.CharField):
    """One line of text."""

    shown_by = "input"

    def __init__(
        self,
        *,
        width: int | None = None,
        autocomplete: str = "",
        inputmode: str = "",
        suffix: str = "",
        code: bool = False,
        max_length: int | None = None,
        **options: Unpack[Options],
    ) -> None:
        given = self._django_options(options, f"Enter {_named(options)}")
        super().__init__(max_length=max_length, **given)  # type: ignore[arg-type]  # as Options names them
        self.width = width
        self.autocomplete = autocomplete
        self.inputmode = inputmode
        self.suffix = suffix
        self.code = code
        self.spellcheck = False if code else None


class TextAreaField(Worded, forms.CharField):
    """Several lines of text."""

    shown_by = "textarea"
    widget = forms.Textarea

    def __init__(self, *, rows: int = 5, max_length: int | None = None, **options: Unpack[Options]) -> None:
        given = self._django_options(options, f"Enter {_named(options)}")
        super().__init__(max_length=max_length, **given)  # type: ignore[arg-type]  # as Options names them
        self.rows = rows


class EmailField(Worded, forms.EmailField):
    """An e-mail address."""

    shown_by = "input"
    inputmode = "email"
    spellcheck = False

    def __init__(self, *, autocomplete: str = "email", width: int | None = None, **options: Unpack[Options]) -> None:
        given = self._django_options(options, f"Enter {_named(options)}")
        wrong = "Enter an email address in the correct format, like name@example.com"
        given["error_messages"] = {"invalid": wrong} | dict(given["error_messages"])  # type: ignore[call-overload]
        super().__init__(**given)  # type: ignore[arg-type]  # as Options names them
        self.autocomplete = autocomplete
        self.width = width


class PasswordField(Worded, forms.CharField):
    """A password, which may be shown while it is typed, and pasted."""

    shown_by = "password"
    widget = forms.PasswordInput

    def __init__(self, *, autocomplete: str = "current-password", **options: Unpack[Options]) -> None:
        given = self._django_options(options, f"Enter {_named(options)}")
        super().__init__(strip=False, **given)  # type: ignore[arg-type]  # as Options names them
        self.autocomplete = autocomplete


class IntegerField(Worded, forms.IntegerField):
    """A whole number; commas and spaces between thousands are taken."""

    shown_by = "input"
    inputmode = "numeric"
    spellcheck = False

    def __init__(
        self,
        *,
        min_value: int | None = None,
        max_value: int | None = None,
        width: int | None = 5,
        suffix: str = "",
        **options: Unpack[Options],
    ) -> None:
        name = options.get("label", "The answer")
        given = self._django_options(options, f"Enter {_named(options)}")
        words = {
            "invalid": f"{name} must be a whole number, like 14",
            "min_value": f"{name} must be %(limit_value)s or more",
            "max_value": f"{name} must be %(limit_value)s or fewer",
        }
        given["error_messages"] = words | dict(given["error_messages"])  # type: ignore[call-overload]
        super().__init__(min_value=min_value, max_value=max_value, **given)  # type: ignore[arg-type]
        self.width = width
        self.suffix = suffix

    @override
    def to_python(self, value: object) -> int | None:
        if isinstance(value, str):
            value = value.replace(",", "").replace(" ", "")
        return super().to_python(value)


class ChoiceField(Worded, forms.ChoiceField):
    """One of several, as radios; `hints` explains choices by their value."""

    shown_by = "radios"

    def __init__(
        self,
        *,
        choices: Choices,
        hints: Mapping[str, str] | None = None,
        small: bool = False,
        inline: bool = False,
        **options: Unpack[Options],
    ) -> None:
        given = self._django_options(options, f"Select {_named(options)}")
        wrong = {"invalid_choice": f"Select {_named(options)} from the list"}
        given["error_messages"] = wrong | dict(given["error_messages"])  # type: ignore[call-overload]
        super().__init__(choices=list(choices), **given)  # type: ignore[arg-type]  # as Options names them
        self.hints = dict(hints or {})
        self.small = small
        self.inline = inline


class SelectField(ChoiceField):
    """One of many, as a drop-down list."""

    shown_by = "select"


class MultipleChoiceField(Worded, forms.MultipleChoiceField):
    """Any of several, as checkboxes; `hints` explains choices by their value."""

    shown_by = "checkboxes"

    def __init__(
        self,
        *,
        choices: Choices,
        hints: Mapping[str, str] | None = None,
        small: bool = False,
        **options: Unpack[Options],
    ) -> None:
        given = self._django_options(options, f"Select {_named(options)}")
        super().__init__(choices=list(choices), **given)  # type: ignore[arg-type]  # as Options names them
        self.hints = dict(hints or {})
        self.small = small


class CheckboxField(Worded, forms.BooleanField):
    """One box to tick; where it is required, it must be ticked."""

    shown_by = "checkbox"

    def __init__(self, **options: Unpack[Options]) -> None:
        given = self._django_options(options, f"Confirm: {_named(options)}")
        super().__init__(**given)  # type: ignore[arg-type]  # as Options names them


class DateWidget(forms.Widget):
    """Three boxes, read together as day, month and year."""

    @override
    def value_from_datadict(
        self, data: Mapping[str, object], files: Mapping[str, object], name: str
    ) -> tuple[str, str, str] | None:
        day, month, year = (str(data.get(f"{name}-{part}") or "").strip() for part in ("day", "month", "year"))
        return (day, month, year) if day or month or year else None

    @override
    def value_omitted_from_data(self, data: Mapping[str, object], files: Mapping[str, object], name: str) -> bool:
        return not any(f"{name}-{part}" in data for part in ("day", "month", "year"))

    @override
    def id_for_label(self, id_: str) -> str:
        return f"{id_}-day" if id_ else id_


class DateField(Worded, forms.Field):
    """A date in three boxes; months may be typed as words. `earliest` and `latest` come from the caller's clock."""

    shown_by = "date"
    widget = DateWidget

    def __init__(self, *, earliest: date | None = None, latest: date | None = None, **options: Unpack[Options]) -> None:
        self.name = options.get("label", "The date")
        given = self._django_options(options, f"Enter {_named(options)}")
        super().__init__(**given)  # type: ignore[arg-type]  # as Options names them
        self.earliest = earliest
        self.latest = latest

    @override
    def to_python(self, value: object) -> date | None:
        if value is None or isinstance(value, date):
            return value
        assert isinstance(value, tuple)
        missing = [part for part, text in zip(("day", "month", "year"), value, strict=True) if not text]
        if missing:
            raise ValidationError(f"{self.name} must include a {' and '.join(missing)}", code=f"no {missing[0]}")
        try:
            return _real_date(*value)
        except ValueError as error:
            raise ValidationError(f"{self.name} must be a real date", code="invalid") from error

    @override
    def validate(self, value: date | None) -> None:
        super().validate(value)
        if value is None:
            return
        if self.earliest and value < self.earliest:
            raise ValidationError(f"{self.name} must be {formats.full_date(self.earliest)} or later", code="early")
        if self.latest and value > self.latest:
            raise ValidationError(f"{self.name} must be {formats.full_date(self.latest)} or earlier", code="late")


def _real_date(day: str, month: str, year: str) -> date:
    """Raises ValueError where the three texts name no day of the calendar."""
    if len(year) != 4:
        raise ValueError(year)
    word = month.lower()[:3]
    return date(int(year), _MONTHS.index(word) + 1 if word in _MONTHS else int(month), int(day))


class FileField(Worded, forms.FileField):
    """One file. `accept` is what the browser offers; `largest` is in bytes."""

    shown_by = "file"
    widget = forms.FileInput

    def __init__(self, *, accept: str = "", largest: int | None = None, **options: Unpack[Options]) -> None:
        given = self._django_options(options, "Select a file")
        empty = {"empty": "The selected file is empty", "invalid": "Select a file"}
        given["error_messages"] = empty | dict(given["error_messages"])  # type: ignore[call-overload]
        super().__init__(**given)  # type: ignore[arg-type]  # as Options names them
        self.accept = accept
        self.largest = largest

    @override
    def clean(self, data: object, initial: object = None) -> object:
        file = super().clean(data, initial)  # type: ignore[call-overload]  # the stubs know only some kinds of file
        if self.largest and isinstance(file, File) and file.size > self.largest:
            raise ValidationError(
                f"The selected file must be smaller than {formats.file_size(self.largest)}", code="large"
            )
        return file


@dataclass(frozen=True, slots=True)
class Link:
    """One line of the error summary."""

    text: str
    href: str


def error_links(form: forms.BaseForm) -> list[Link]:
    """Return the error summary's lines in the order of the fields; what concerns the whole form leads to its first."""
    links: list[Link] = []
    visible = form.visible_fields()
    for message in form.errors.get(NON_FIELD_ERRORS, []):
        links.append(Link(str(message), f"#{_target(visible[0])}" if visible else "#maincontent"))
    for field in visible:
        links += [Link(str(message), f"#{_target(field)}") for message in field.errors]
    return links


def _target(field: BoundField) -> str:
    if isinstance(field.field, DateField):
        return next((part.id for part in date_parts(field) if part.error), f"{field.auto_id}-day")
    return str(field.auto_id)


@dataclass(frozen=True, slots=True)
class DatePart:
    """One box of a date."""

    id: str
    name: str
    label: str
    value: str
    width: int
    error: bool


def date_parts(field: BoundField) -> list[DatePart]:
    """Return a date field's three boxes, the one that lacks its part marked; all of them where the whole date is wrong."""
    value = field.value()
    texts: Sequence[str] = (str(value.day), str(value.month), str(value.year)) if isinstance(value, date) else value
    codes = {error.code or "" for error in field.form.errors.as_data().get(field.name, [])}
    lacking = {code.removeprefix("no ") for code in codes if code.startswith("no ")}
    parts = zip(("day", "month", "year"), texts or ("", "", ""), (2, 2, 4), strict=True)
    return [
        DatePart(
            id=f"{field.auto_id}-{part}",
            name=f"{field.html_name}-{part}",
            label=part.capitalize(),
            value=text,
            width=width,
            error=bool(codes) and (not lacking or part in lacking),
        )
        for part, text, width in parts
    ]


@dataclass(frozen=True, slots=True)
class ChoiceItem:
    """One radio, checkbox or line of a drop-down list."""

    value: str
    text: str
    hint: str | None
    checked: bool
    selected: bool


def choice_items(field: BoundField) -> list[ChoiceItem]:
    """Return a choice field's items, the chosen ones marked."""
    chosen = field.value()
    values = {str(each) for each in chosen} if isinstance(chosen, list | tuple) else {str(chosen)}
    hints: Mapping[str, str] = field.field.hints
    return [
        ChoiceItem(str(value), str(text), hints.get(str(value)), str(value) in values, str(value) in values)
        for value, text in field.field.choices
    ]


class SignInForm(AuthenticationForm):
    """E-mail address and password."""

    error_messages = {
        "invalid_login": "The email address or password is not right",
        "inactive": "The email address or password is not right",
    }
    username = EmailField(
        label="Email address", autocomplete="username", error_messages={"required": "Enter your email address"}
    )
    password = PasswordField(label="Password", error_messages={"required": "Enter your password"})
