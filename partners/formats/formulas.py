"""Free text that a spreadsheet program would take for a formula: made harmless on its way out, restored on its way in.

An apostrophe in front is how spreadsheet programs themselves mark text. One is added to whatever begins like a formula
(after any apostrophes it has already) and one is taken away again, so what is sent back unchanged is unchanged.
"""

import re

_LIKE_A_FORMULA = re.compile(r"'*[=+\-@|%\t\r]")
_MADE_HARMLESS = re.compile(r"''*[=+\-@|%\t\r]")


def harmless(text: str) -> str:
    """Return text that no spreadsheet program will run."""
    return f"'{text}" if _LIKE_A_FORMULA.match(text) else text


def restored(text: str) -> str:
    """Return the text that was made harmless; any other text as it is."""
    return text[1:] if _MADE_HARMLESS.match(text) else text
