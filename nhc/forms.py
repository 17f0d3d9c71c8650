"""Form fields."""

from django import forms
from django.contrib.auth.forms import AuthenticationForm


class SignInForm(AuthenticationForm):
    """E-mail address and password."""

    error_messages = {
        "invalid_login": "The email address or password is not right",
        "inactive": "The email address or password is not right",
    }
    username = forms.EmailField(label="Email address")
