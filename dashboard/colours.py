"""The colours of charts outside the style sheet: in the interactive figure and in a picture taken away as a file.

Making Data Count's hues, each with an outline that stands out on white where the hue does not. A test compares them
with those of `static/sass/_tokens.scss`, which pages use.
"""

TEXT = "#212b32"
SECONDARY = "#4c6272"
LINE = "#768692"
GRID = "#e8edee"
SHADE = "#d8dde0"
HATCH = "#a6a6a6"
TARGET = "#d5281b"
WHITE = "#ffffff"

MARKS: dict[str, tuple[str, str]] = {
    "common": ("#a6a6a6", SECONDARY),
    "improvement": ("#00b0f0", TEXT),
    "concern": ("#e46c0a", TEXT),
    "neutral": ("#490092", TEXT),
    "incomplete": (WHITE, SECONDARY),
}
"""Fill and outline by kind of mark."""
