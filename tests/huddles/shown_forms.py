"""The form of a page as a browser would send it, with nothing typed into it."""

from html.parser import HTMLParser
from typing import override


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, str]] = [{}]
        self.select = self.area = ""

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name, form = given.get("name", ""), self.forms[-1]
        if tag == "form":
            self.forms.append({})
        elif tag == "input" and name and (given.get("type") not in {"radio", "checkbox"} or "checked" in given):
            form[name] = given.get("value", "")
        elif tag == "select":
            self.select = name
        elif tag == "option" and self.select and (self.select not in form or "selected" in given):
            form[self.select] = given.get("value", "")
        elif tag == "textarea":
            self.area = name
            form[name] = ""

    @override
    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self.select = ""
        elif tag == "textarea":
            self.forms[-1][self.area] = self.forms[-1][self.area].removeprefix("\n")
            self.area = ""

    @override
    def handle_data(self, data: str) -> None:
        if self.area:
            self.forms[-1][self.area] += data


def shown(html: str, holding: str = "version") -> dict[str, str]:
    """Return the fields of the form that holds a field of a name."""
    parser = _Forms()
    parser.feed(html)
    (form,) = [form for form in parser.forms if holding in form]
    return form
