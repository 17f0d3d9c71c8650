"""Forms of referrals: made by staff, by a person or a carer; triaged, answered, handed back."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError

from huddles import nhs_number
from huddles.forms.versions import VERSION_MOST
from huddles.models import Referral, Stream
from huddles.services.people import Details
from nhc.forms import ChoiceField, DateField, SelectField, TextAreaField, TextField

if TYPE_CHECKING:
    from partners.models import Organisation

EARLIEST_BIRTH = date(1900, 1, 1)
MYSELF, SOMEBODY = "self", "carer"


class _AboutSomebody(forms.Form):
    """Who the person is. `form_key` tells a form that was sent twice."""

    form_key = forms.UUIDField(widget=forms.HiddenInput)

    def key(self) -> UUID:
        """Return the key of this form."""
        found: UUID = self.cleaned_data["form_key"]
        return found

    def clean(self) -> dict[str, object]:
        """Ask for a name where there is none at all."""
        cleaned = super().clean() or self.cleaned_data
        names = [name for name in ("given_name", "family_name", "alias") if name in self.fields]
        if not any(cleaned.get(name) or name in self.errors for name in names):
            self.add_error(names[0], "Enter at least one name")
        return cleaned


class ReferForm(_AboutSomebody):
    """A referral by somebody who works for a partner."""

    given_name = TextField(label="First name", required=False, max_length=100, autocomplete="off")
    family_name = TextField(label="Last name", required=False, max_length=100, autocomplete="off")
    alias = TextField(
        label="What are they called, if the name is not known?",
        named="what they are called",
        required=False,
        max_length=100,
        autocomplete="off",
    )
    nhs_number = TextField(
        label="NHS number",
        hint="10 digits. Leave empty if you do not know it",
        required=False,
        max_length=20,
        width=10,
        inputmode="numeric",
        code=True,
        autocomplete="off",
    )
    telephone = TextField(
        label="Their telephone number", required=False, max_length=40, width=20, inputmode="tel", autocomplete="off"
    )
    address = TextAreaField(label="Where they live or stay", required=False, max_length=500, rows=3)
    access_needs = TextAreaField(
        label="What they need to be able to come and to understand",
        hint="For example an interpreter, a quiet room, step-free access",
        required=False,
        max_length=2000,
        rows=2,
    )
    words = TextAreaField(
        label="What is happening, and what would help?",
        named="what is happening",
        hint="What you have tried already, who else is involved, and whether the person knows of this referral",
        max_length=10_000,
        rows=8,
    )

    def __init__(
        self,
        data: Mapping[str, object] | None = None,
        *,
        organisations: "Sequence[Organisation]",
        today: date,
        form_key: UUID | None = None,
    ) -> None:
        super().__init__(data, initial={"form_key": form_key})
        self._organisations = {each.code: each for each in organisations}
        self.fields["born_on"] = DateField(
            label="Date of birth",
            hint="For example, 31 3 1980. Leave empty if you do not know it",
            required=False,
            earliest=EARLIEST_BIRTH,
            latest=today,
        )
        self.order_fields(["given_name", "family_name", "alias", "nhs_number", "born_on"])
        if len(self._organisations) > 1:
            choices = [
                ("", "Choose an organisation"),
                *((code, each.name) for code, each in self._organisations.items()),
            ]
            self.fields["organisation"] = SelectField(
                label="For which organisation do you refer?", named="an organisation", choices=choices
            )

    def clean_nhs_number(self) -> str:
        """Return the ten digits."""
        try:
            return nhs_number.parse(self.cleaned_data["nhs_number"])
        except nhs_number.NotAnNhsNumberError as error:
            raise ValidationError(str(error).removesuffix(".")) from None

    def details(self) -> Details:
        """Return who is referred."""
        typed = self.cleaned_data
        return Details(
            given_name=typed["given_name"],
            family_name=typed["family_name"],
            alias=typed["alias"],
            nhs_number=typed["nhs_number"],
            born_on=typed["born_on"],
            telephone=typed["telephone"],
            address=typed["address"],
            access_needs=typed["access_needs"],
        )

    def organisation(self) -> "Organisation":
        """Return for which organisation the person refers."""
        code = self.cleaned_data.get("organisation") or next(iter(self._organisations))
        return self._organisations[code]


class SelfReferralForm(_AboutSomebody):
    """A referral by the person or by somebody who cares for them. Nothing that is typed here is looked up."""

    who = ChoiceField(
        label="Who needs support?",
        named="who needs support",
        choices=[(MYSELF, "I do"), (SOMEBODY, "Somebody I care for")],
    )
    given_name = TextField(label="First name of the person who needs support", required=False, max_length=100)
    family_name = TextField(label="Last name of the person who needs support", required=False, max_length=100)

    def __init__(self, data: Mapping[str, object] | None = None, *, today: date, form_key: UUID | None = None) -> None:
        super().__init__(data, initial={"form_key": form_key})
        self.fields["born_on"] = DateField(
            label="Their date of birth",
            hint="For example, 31 3 1980. You can leave this empty",
            required=False,
            earliest=EARLIEST_BIRTH,
            latest=today,
        )
        self.fields["contact"] = TextField(
            label="How can we reach you?",
            named="how we can reach you",
            hint="A telephone number, an email address, or where to find you",
            max_length=120,
        )
        self.fields["carer_name"] = TextField(
            label="Your name, if you care for them", named="your name", required=False, max_length=120
        )
        self.fields["words"] = TextAreaField(
            label="What is happening, and what would help?", named="what is happening", max_length=10_000, rows=8
        )
        self.fields["access_needs"] = TextAreaField(
            label="What would make it easier to come or to talk with us?",
            hint="For example an interpreter, a quiet room, step-free access. You can leave this empty",
            required=False,
            max_length=2000,
            rows=2,
        )

    def clean(self) -> dict[str, object]:
        """Ask carers for their name."""
        cleaned = super().clean()
        if cleaned.get("who") == SOMEBODY and not cleaned.get("carer_name"):
            self.add_error("carer_name", "Enter your name, so that we know whom to ask for")
        return cleaned

    @property
    def by_carer(self) -> bool:
        """Whether a carer refers."""
        return bool(self.cleaned_data["who"] == SOMEBODY)

    def details(self) -> Details:
        """Return who is referred. A carer's contact is the carer's, not the person's."""
        typed = self.cleaned_data
        return Details(
            given_name=typed["given_name"],
            family_name=typed["family_name"],
            born_on=typed["born_on"],
            telephone="" if self.by_carer else typed["contact"][:40],
            access_needs=typed["access_needs"],
        )


class TriageForm(forms.Form):
    """Into which stream a referral goes, and perhaps the answer. `version` is of the referral that was read."""

    def __init__(
        self, data: Mapping[str, object] | None = None, *, streams: Sequence[Stream], referral: Referral
    ) -> None:
        chosen = "" if referral.stream is None else referral.stream.code
        super().__init__(data, initial={"version": referral.version, "stream": chosen})
        self._streams = {stream.code: stream for stream in streams}
        self.fields["version"] = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=VERSION_MOST)
        self.fields["stream"] = ChoiceField(
            label="Into which stream does it go?",
            named="a stream",
            choices=[(code, stream.name) for code, stream in self._streams.items()],
            hints={code: stream.what_for for code, stream in self._streams.items() if stream.what_for},
        )
        self.fields["answer"] = TextAreaField(
            label="What do you tell whoever referred?",
            named="the answer",
            hint="What happens now, who gets in touch and by when. Leave empty to answer later",
            required=False,
            max_length=5000,
            rows=5,
        )

    def stream(self) -> Stream:
        """Return the stream that was chosen."""
        return self._streams[self.cleaned_data["stream"]]


class AnswerForm(forms.Form):
    """What whoever referred is told. `version` is of the referral that was read."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=VERSION_MOST)
    answer = TextAreaField(
        label="What do you tell whoever referred?",
        named="the answer",
        hint="What the centre does, who gets in touch and by when",
        max_length=5000,
        rows=6,
    )


class HandBackForm(forms.Form):
    """Why a referral is handed back, after which alternatives. `version` is of the referral that was read."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=VERSION_MOST)
    alternatives_tried = TextAreaField(
        label="Which alternatives did you try?",
        named="which alternatives you tried",
        hint="Streams, partners and people you asked, and what they said",
        max_length=5000,
        rows=5,
    )
    answer = TextAreaField(
        label="What do you tell whoever referred?",
        named="the answer",
        hint="Why the centre cannot help, and who can",
        max_length=5000,
        rows=5,
    )
