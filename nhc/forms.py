"""Form fields that speak the NHS design system: each renders through its own template with the words people read.

A page writes `{{ form.name.as_field_group() }}`. Fields take Django's own options, `hint`, and words
for what may be wrong.
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
    """What every field takes: Django's own options, and how its label is shown.

    `named` is what errors call it where the label is a question: "the date" for "When did it happen?".
    """

    required: bool
    label: str
    initial: object
    hint: str
    named: str
    error_messages: Mapping[str, str]
    disabled: bool
    label_size: Size
    page_heading: bool


class DjangoOptions(TypedDict, total=False):
    """What Django's own fields take."""

    required: bool
    label: str
    initial: object
    disabled: bool
    help_text: str
    error_messages: dict[str, str]


class WordedBoundField(BoundField):
    """A field of one form, rendered through the template that its kind names."""

    @property
    def template_name(self) -> str:
        """Return the template of the kind of field."""
        return f"nhsuk_forms/{self.field.shown_by}.jinja" if isinstance(self.field, Worded) else super().template_name


class Worded(forms.Field):
    """How a field is shown: by which template, its label's size, the width of its box in characters."""

    bound_field_class = WordedBoundField
    shown_by: str
    label_size: Size
    page_heading: bool
    width: int | None = None
    autocomplete: str = ""
    inputmode: str = ""

    def _prepare(self, options: Options, **words: str) -> DjangoOptions:
        """Keep our options here and return those for Django's own field.

        `words` says what to do about each kind of error; the caller's `error_messages` go before them.
        """
        self.label_size = options.get("label_size", "")
        self.page_heading = options.get("page_heading", False)
        given = DjangoOptions(
            required=options.get("required", True),
            initial=options.get("initial"),
            disabled=options.get("disabled", False),
            help_text=options.get("hint", ""),
            error_messages=words | dict(options.get("error_messages", {})),
        )
        if "label" in options:
            given["label"] = options["label"]
        return given


def _named(options: Options) -> str:
    """What errors call the field in mid-sentence: "Email address" becomes "email address", "NHS number" stays."""
    label = options.get("label", "?")
    if "named" in options or label.endswith("?"):
        return options.get("named", "an answer")
    return label if label[:2].isupper() else label[:1].lower() + label[1:]


def _subject(options: Options) -> str:
    """What errors call the field where a sentence starts with it."""
    named = _named(options)
    return "Your answer" if named == "an answer" else named[:1].upper() + named[1:]


def _too_long(options: Options) -> str:
    return f"{_subject(options)} must be %(limit_value)s characters or fewer"


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
        given = self._prepare(options, required=f"Enter {_named(options)}", max_length=_too_long(options))
        super().__init__(max_length=max_length, **given)
        self.width = width
        self.autocomplete = autocomplete
        self.inputmode = inputmode
        self.suffix = suffix
        self.code = code
        self.spellcheck = False if code else None


class TextAreaField(Worded, forms.CharField):
    """Several lines of text. With `max_length`, the page counts what is left, and never stops anyone typing."""

    shown_by = "textarea"
    widget = forms.Textarea

    def __init__(self, *, rows: int = 5, max_length: int | None = None, **options: Unpack[Options]) -> None:
        given = self._prepare(options, required=f"Enter {_named(options)}", max_length=_too_long(options))
        super().__init__(max_length=max_length, **given)
        self.rows = rows

    @override
    def to_python(self, value: object) -> str | None:
        """Browsers send a line's end as two characters and count it as one, so it is stored as one."""
        text = super().to_python(value)
        return text.replace("\r\n", "\n") if isinstance(text, str) else text


class EmailField(Worded, forms.EmailField):
    """An e-mail address."""

    shown_by = "input"
    inputmode = "email"
    spellcheck = False

    def __init__(self, *, autocomplete: str = "email", width: int | None = None, **options: Unpack[Options]) -> None:
        given = self._prepare(
            options,
            required=f"Enter {_named(options)}",
            invalid="Enter an email address in the correct format, like name@example.com",
            max_length=_too_long(options),
        )
        super().__init__(**given)
        self.autocomplete = autocomplete
        self.width = width


class PasswordField(Worded, forms.CharField):
    """A password, which may be shown while it is typed, and pasted."""

    shown_by = "password"
    widget = forms.PasswordInput

    def __init__(self, *, autocomplete: str = "current-password", **options: Unpack[Options]) -> None:
        given = self._prepare(options, required=f"Enter {_named(options)}")
        super().__init__(strip=False, **given)
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
        name = _subject(options)
        given = self._prepare(
            options,
            required=f"Enter {_named(options)}",
            invalid=f"{name} must be a whole number, like 14",
            min_value=f"{name} must be %(limit_value)s or more",
            max_value=f"{name} must be %(limit_value)s or fewer",
        )
        super().__init__(min_value=min_value, max_value=max_value, **given)
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
        named = _named(options)
        given = self._prepare(options, required=f"Select {named}", invalid_choice=f"Select {named} from the list")
        super().__init__(choices=list(choices), **given)
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
        given = self._prepare(options, required=f"Select {_named(options)}")
        super().__init__(choices=list(choices), **given)
        self.hints = dict(hints or {})
        self.small = small


class CheckboxField(Worded, forms.BooleanField):
    """One box to tick; where it is required, it must be ticked."""

    shown_by = "checkbox"

    def __init__(self, **options: Unpack[Options]) -> None:
        given = self._prepare(options, required=f"Confirm: {_named(options)}")
        super().__init__(**given)


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
        self.name = _subject(options)
        given = self._prepare(options, required=f"Enter {_named(options)}")
        super().__init__(**given)
        self.earliest = earliest
        self.latest = latest

    @override
    def to_python(self, value: object) -> date | None:
        if isinstance(value, date):
            return value
        if not isinstance(value, tuple):
            return None
        missing = [part for part, text in zip(("day", "month", "year"), value, strict=True) if not text]
        if missing:
            raise ValidationError(f"{self.name} must include a {' and '.join(missing)}", code=f"no {missing[0]}")
        try:
            return _real_date(*value)
        except (ValueError, OverflowError) as error:
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
    """Raises ValueError or OverflowError where the three texts name no day of the calendar."""
    if len(year) != 4 or not year.isdecimal():
        raise ValueError(year)
    word = month.lower()[:3]
    return date(int(year), _MONTHS.index(word) + 1 if word in _MONTHS else int(month), int(day))


class FileField(Worded, forms.FileField):
    """One file. `accept` is what the browser offers; `largest` is in bytes."""

    shown_by = "file"
    widget = forms.FileInput

    def __init__(self, *, accept: str = "", largest: int | None = None, **options: Unpack[Options]) -> None:
        missing = "Select a file"
        given = self._prepare(options, required=missing, invalid=missing, empty="The selected file is empty")
        super().__init__(**given)
        self.accept = accept
        self.largest = largest

    @override
    def clean(self, data: object, initial: object = None) -> object:
        file = super().clean(data, initial)
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
    visible = form.visible_fields()
    first = _target(visible[0]) if visible else "maincontent"
    links = [Link(str(message), f"#{first}") for message in form.errors.get(NON_FIELD_ERRORS, [])]
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
    """Return a date field's three boxes, those that are wrong marked: the missing ones, or all."""
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
    choices = field.field
    if not isinstance(choices, ChoiceField | MultipleChoiceField):
        raise TypeError(f"{field.name} offers no choices.")
    return [
        ChoiceItem(
            value=str(item.data["value"]),
            text=str(item.data["label"]),
            hint=choices.hints.get(str(item.data["value"])),
            checked=bool(item.data["selected"]),
            selected=bool(item.data["selected"]),
        )
        for item in field.subwidgets
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

    def clean_username(self) -> str:
        """Return the address as it is stored, so that failed attempts are counted together whatever its case."""
        return str(self.cleaned_data["username"]).strip().lower()
