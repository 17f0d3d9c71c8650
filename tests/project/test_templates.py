"""Every page obeys a content security policy without inline code, asks no other host for anything, and is styled."""

import re

import pytest

from tests.project.sources import files, text

TEMPLATES = [name for name in files() if name.startswith("templates/")]
SASS = [name for name in files() if name.startswith("static/sass/")]
SCRIPTS = [name for name in files() if name.startswith("static/") and name.endswith((".js", ".mjs"))]

COMMENT = re.compile(r"\{#.*?#\}", re.S)
# A person may follow a link to another site; a page may never load from one.
LINK = re.compile(r'<a\s[^>]*href="https://[^"]+"[^>]*>')

INLINE = {
    "a style attribute": re.compile(r"\sstyle\s*=", re.I),
    "a style element": re.compile(r"<style\b", re.I),
    "a script without an address": re.compile(r"<script\b(?![^>]*\bsrc=)(?![^>]*application/json)", re.I),
    "an event attribute": re.compile(r"\son[a-z]+\s*=\s*[\"']", re.I),
    "a javascript address": re.compile(r"javascript:", re.I),
    "another host": re.compile(r"(?:https?:)?//[a-z0-9-]+\.", re.I),
    "output that is not escaped": re.compile(r"\|\s*safe\b|autoescape\s+false"),
}


def markup(name: str) -> str:
    """Return a template without what a browser never sees and without links that a person may follow."""
    return LINK.sub("", COMMENT.sub("", text(name)))


@pytest.mark.parametrize("kind", INLINE)
def test_no_template_holds(kind: str) -> None:
    assert len(TEMPLATES) > 20
    found = [f"{name}: {match.group()}" for name in TEMPLATES for match in INLINE[kind].finditer(markup(name))]
    assert found == []


@pytest.mark.parametrize(
    ("kind", "offence"),
    [
        ("a style attribute", '<p style="color: red">'),
        ("a style element", "<style>p { color: red }</style>"),
        ("a script without an address", "<script>alert(1)</script>"),
        ("an event attribute", '<button onclick="go()">'),
        ("a javascript address", '<a href="javascript:go()">'),
        ("another host", '<img src="//cdn.example/logo.png">'),
        ("output that is not escaped", "{{ name | safe }}"),
    ],
)
def test_the_search_finds_what_it_is_for(kind: str, offence: str) -> None:
    assert INLINE[kind].search(offence)


def test_no_style_sheet_or_script_of_ours_names_another_host() -> None:
    host = re.compile(r"[\"'(](?:https?:)?//[a-z0-9-]+\.")
    assert [name for name in (*SASS, *SCRIPTS) if host.search(text(name))] == []


def test_every_class_of_ours_on_a_page_is_in_a_style_sheet() -> None:
    styled = set(re.findall(r"\.(app-[\w-]+)", "".join(text(name) for name in SASS)))
    used = {
        word
        for name in TEMPLATES
        # Words put together with an expression, which may hold quotes of its own, are judged by their first part.
        for value in re.findall(r'class="([^"]*)"', re.sub(r"\{[{%].*?[}%]\}", "\0", markup(name)))
        for word in value.split()
        if word.startswith("app-")
    }
    lacking = {
        word
        for word in used
        if not any(known == word or ("\0" in word and known.startswith(word.split("\0")[0])) for known in styled)
    }
    assert lacking == set()


FRAMES = ("templates/layouts/base.jinja", "templates/layouts/printed.jinja")
"""What a page is at last: one that is served, or a file that is printed."""


def frame(name: str) -> str:
    """Return the template that a page extends at last."""
    while found := re.match(r'{% extends "([^"]+)" %}', text(name)):
        name = f"templates/{found[1]}"
    return name


def test_every_page_is_in_the_frame_of_the_product() -> None:
    fragments = ("templates/components/", "templates/nhsuk_forms/", *FRAMES)
    pages = [
        name for name in TEMPLATES if not name.startswith(fragments) and not name.rpartition("/")[2].startswith("_")
    ]
    assert [name for name in pages if frame(name) not in FRAMES] == []
