"""Text that people write in Markdown, shown as HTML that cannot do harm."""

from functools import cache

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

_TAGS = {"p", "br", "hr", "em", "strong", "h2", "h3", "h4", "ul", "ol", "li", "blockquote", "a", "code", "pre"}
_TAGS |= {"table", "thead", "tbody", "tr", "th", "td"}
_DEEPEST = 4


@cache
def _reader() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")


def to_html(text: str) -> Markup:
    """Return Markdown as HTML. Headings start at the second level, since the page has its own first; no pictures.

    What is HTML in the text is shown as it was typed. A link leads only to the web or to an e-mail address.
    """
    tokens = _reader().parse(text)
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(int(token.tag[1]) + 1, _DEEPEST)}"
    rendered = _reader().renderer.render(tokens, _reader().options, {})
    return Markup(  # noqa: S704  (cleaned by nh3 to a short list of elements)
        nh3.clean(
            rendered,
            tags=_TAGS,
            attributes={"a": {"href"}},
            url_schemes={"https", "http", "mailto"},
            link_rel="noopener noreferrer nofollow",
        )
    )
