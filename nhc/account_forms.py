"""Forms about a person's own account."""

from typing import Any, override

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from nhc.forms import EmailField, PasswordField, TextField
from nhc.models import User


class CredentialForm(forms.Form):
    """What a browser's passkey answered."""

    credential = forms.JSONField()


class CodeForm(forms.Form):
    """A code of an authenticator app, or a recovery code."""

    code = TextField(
        label="Code",
        hint="6 digits from your authenticator app, or one of your recovery codes",
        error_messages={"required": "Enter the code"},
        width=10,
        max_length=40,
        autocomplete="one-time-code",
        code=True,
    )


class AppCodeForm(forms.Form):
    """The first code that an authenticator app shows."""

    code = TextField(
        label="Code that the app shows",
        error_messages={"required": "Enter the code that the app shows"},
        width=10,
        max_length=40,
        inputmode="numeric",
        autocomplete="one-time-code",
        code=True,
    )


class PasskeyNameForm(forms.Form):
    """What a person calls a passkey."""

    name = TextField(
        label="Name of the passkey",
        hint="Where it is kept, such as 'Work laptop' or 'Blue key'",
        error_messages={"required": "Enter a name for the passkey"},
        width=20,
        max_length=60,
    )


class PasswordProofForm(forms.Form):
    """The signed-in person's password."""

    password = PasswordField(label="Password", error_messages={"required": "Enter your password"})


class ForgottenPasswordForm(forms.Form):
    """Where to send the link."""

    email = EmailField(
        label="Email address", autocomplete="username", error_messages={"required": "Enter your email address"}
    )


class NewPasswordForm(forms.Form):
    """A new password, judged by the rules of the settings."""

    password = PasswordField(
        label="New password",
        hint="At least 12 characters. Three words that do not belong together are easy to remember",
        autocomplete="new-password",
        error_messages={"required": "Enter a new password"},
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password(self) -> str:
        """Refuse a password that is short, common, or like the person's name."""
        password = str(self.cleaned_data["password"])
        validate_password(password, self.user)
        return password


class ChangePasswordForm(NewPasswordForm):
    """The password of now, and a new one."""

    current = PasswordField(label="Current password", error_messages={"required": "Enter your current password"})
    field_order = ("current", "password")

    @override
    def clean_password(self) -> str:
        """Refuse the password of now as a new one."""
        password = super().clean_password()
        if self.user.check_password(password):
            raise ValidationError("Enter a password that you do not use now")
        return password
