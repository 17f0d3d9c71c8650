"""The interactive figure in a real browser, under the product's own content security policy."""

from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import cast

import pytest
from django.conf import settings
from django.template import engines
from django.utils.csp import build_policy
from playwright.sync_api import Browser, Page, expect

from dashboard import charts, figures
from dashboard.charts import NARROW, WIDE
from tests.dashboard.xmr_charts import charted

PAGE = """<!DOCTYPE html><html lang="en-GB"><head><meta charset="utf-8"><title>Chart</title>
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">
<link rel="stylesheet" href="/app.css"></head><body><main>
{% from "components/spc_chart.jinja" import spc_chart %}
{{ spc_chart(wide, narrow, "Headline", "Subtitle", "measure", plotted) }}</main></body></html>"""


class Handler(SimpleHTTPRequestHandler):
    """The built static files, and one page with a chart."""

    page = b""

    def do_GET(self) -> None:
        """Answer with the page at its address, with a file elsewhere."""
        if self.path != "/chart/":
            return super().do_GET()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(self.page)
        return None

    def end_headers(self) -> None:
        """Send the policy with every answer."""
        self.send_header("Content-Security-Policy", build_policy(cast("dict[str, list[str]]", settings.SECURE_CSP)))
        super().end_headers()

    def translate_path(self, path: str) -> str:
        """Find a file below the address of static files too."""
        return super().translate_path(path.removeprefix(settings.STATIC_URL.rstrip("/")))

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    chart = charted(missing={21: 1})
    wide, narrow = (charts.figure(chart, identity="measure", layout=layout) for layout in (WIDE, NARROW))
    context = {"wide": wide, "narrow": narrow, "plotted": figures.figure(chart, wide, narrow)}
    Handler.page = str(engines["jinja2"].from_string(PAGE).render(context)).encode()
    build = Path(settings.BASE_DIR) / "static" / "build"
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(build)))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


def watched(page: Page) -> list[str]:
    """Collect what the browser complains of and every address it asks for."""
    seen: list[str] = []
    page.on("console", lambda message: seen.append(message.text))
    page.on("pageerror", lambda error: seen.append(str(error)))
    return seen


@pytest.mark.parametrize(("width", "label"), [(1280, "Upper limit 91%"), (360, "Upper 91%")])
def test_the_figure_is_drawn_over_the_picture_without_a_violation(
    page: Page, address: str, width: int, label: str
) -> None:
    seen, asked = watched(page), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{address}/chart/")
    drawing = page.locator(".app-figure__drawing")
    drawing.get_by_text(label, exact=True).wait_for()
    assert drawing.get_attribute("aria-hidden") == "true"
    point = drawing.locator(".scatterlayer .trace").last.locator(".point").last.bounding_box()
    assert point is not None
    page.mouse.move(point["x"] + point["width"] / 2, point["y"] + point["height"] / 2)
    drawing.get_by_text("Improving: 9 months in a row above the average of 79%").wait_for()
    assert seen == []
    assert all(url.startswith((address, "data:")) for url in asked)
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_the_picture_stays_for_a_screen_reader_under_the_figure(page: Page, address: str) -> None:
    page.goto(f"{address}/chart/")
    page.locator(".app-figure__drawing").get_by_text("Upper limit 91%").wait_for()
    picture = page.get_by_role("img")
    expect(picture).to_have_count(1)
    assert "Improving, 9 months in a row" in (picture.locator("title").text_content() or "")


def test_a_figure_that_cannot_load_leaves_the_picture(page: Page, address: str) -> None:
    page.route("**/plotly-basic.min.js", lambda route: route.abort())
    seen = watched(page)
    page.goto(f"{address}/chart/")
    page.wait_for_load_state("networkidle")
    assert "The script or style sheet of the chart did not load." in seen
    assert page.locator(".app-figure__drawing").count() == 0
    assert page.locator(".app-spc--wide").is_visible()
