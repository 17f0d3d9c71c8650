"""Forms about wall screens."""

from django import forms

from nhc.forms import TextField


def _name() -> TextField:
    return TextField(
        label="Name of the screen",
        hint="Where it hangs, such as 'Front desk'",
        error_messages={"required": "Enter a name for the screen"},
        width=20,
        max_length=60,
    )


class PairScreenForm(forms.Form):
    """The code that a screen shows, and what to call it."""

    code = TextField(
        label="Code on the screen",
        hint="8 letters",
        error_messages={"required": "Enter the code that the screen shows"},
        width=10,
        max_length=20,
        autocomplete="off",
        code=True,
    )
    name = _name()


class RenameScreenForm(forms.Form):
    """What to call a screen, and the version that the page showed."""

    name = _name()
    version = forms.IntegerField(widget=forms.HiddenInput)
