"""Someone in front of a browser: what journeys say about what they have, do and see."""

from urllib.parse import unquote_plus

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from tests.canaries import named

PASSWORD = "correct horse battery"
STANDARD = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
"""The rules of WCAG 2.2 AA, as axe tags them."""

_TELL_OF_VIOLATIONS = """
document.addEventListener('securitypolicyviolation',
  (event) => console.error(`content security policy: ${event.violatedDirective} refused ${event.blockedURI}`))
"""


_TELL_OF_TITLES = """
document.addEventListener('DOMContentLoaded', () => console.debug(`title: ${document.title}`))
"""


class Visitor:
    """A person's browser. `complaints` is what its console and pages said, `asked` every address it asked for.

    An address or a title that names somebody who is supported is a complaint.
    """

    def __init__(self, page: Page, site: str, *, scripts: bool = True) -> None:
        self.page = page
        self.site = site
        self.scripts = scripts
        self.complaints: list[str] = []
        self.asked: list[str] = []
        page.on("console", lambda message: self._hears(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self._asks(request.url))
        page.add_init_script(_TELL_OF_VIOLATIONS)
        page.add_init_script(_TELL_OF_TITLES)

    def _hears(self, said: str) -> None:
        if not said.startswith("title: "):
            self.complaints.append(said)
        elif named(said):
            self.complaints.append(f"The title names somebody who is supported: {said}")

    def _asks(self, address: str) -> None:
        self.asked.append(address)
        if named(unquote_plus(address)):
            self.complaints.append(f"The address names somebody who is supported: {address}")

    def given_is_signed_in(self, name: str) -> None:
        self.when_opens("/sign-in/")
        self.when_signs_in(f"{name}@example.org", PASSWORD)
        expect(self.page.get_by_role("button", name="Sign out")).to_be_visible()

    def when_opens(self, address: str) -> None:
        self.page.goto(address)

    def when_signs_in(self, email: str, password: str) -> None:
        self.page.get_by_label("Email address").fill(email)
        self.page.get_by_label("Password", exact=True).fill(password)
        self.page.get_by_role("button", name="Sign in", exact=True).click()

    def when_follows(self, name: str, *, within: Locator | None = None) -> None:
        (within or self.page).get_by_role("link", name=name, exact=True).first.click()

    def when_finds_in_the_menu(self, name: str) -> None:
        """Follow a way of the header, which keeps those that do not fit on a line behind one button."""
        header = self.page.get_by_role("navigation", name="Menu")
        way = header.get_by_role("link", name=name, exact=True)
        if not way.is_visible():
            header.get_by_role("button", name="More").click()
        way.click()

    def when_presses(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def then_is_on(self, title: str) -> None:
        expect(self.page).to_have_title(f"{title} – Riverside centre")

    def then_reads(self, words: str) -> None:
        expect(self.page.get_by_text(words).first).to_be_visible()

    def then_the_page_is_accessible(self) -> None:
        self.page.wait_for_load_state("networkidle")
        self.then_the_page_is_accessible_while_live()

    def then_the_page_is_accessible_while_live(self) -> None:
        """The same of a page whose network is never idle, because it listens."""
        audit(self.page)

    def then_the_page_fits(self) -> None:
        """Nothing makes the page itself scroll sideways; wide tables scroll within their own regions."""
        wide, shown = self.page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert wide <= shown, self.page.url

    def then_all_is_well(self) -> None:
        """The page has no fault that axe finds, and does not scroll sideways. Axe is a script itself."""
        if self.scripts:
            self.then_the_page_is_accessible()
        self.then_the_page_fits()

    def then_the_focus_is_on(self, identity: str) -> None:
        expect(self.page.locator(f"#{identity}")).to_be_focused()

    def then_there_is_an_error(self, sentence: str, *, at: str) -> None:
        """The title says so, the summary has the focus, and its link leads to the field, which says it too."""
        assert self.page.title().startswith("Error: ")
        summary = self.page.locator(".nhsuk-error-summary")
        expect(summary).to_be_focused()
        expect(self.page.locator(f"#{at}-error")).to_contain_text(sentence)
        summary.get_by_role("link", name=sentence, exact=True).click()
        self.then_the_focus_is_on(at)


def audit(page: Page) -> None:
    """Axe finds nothing against the standard on a page as it stands, dialogs that are open included."""
    page.wait_for_load_state("load")
    found = Axe().run(page, options={"runOnly": STANDARD, "resultTypes": ["violations"]})
    assert [
        (each["id"], node["target"], node["html"]) for each in found.response["violations"] for node in each["nodes"]
    ] == []


def someone(browser: Browser, site: str, *, width: int = 1280, scripts: bool = True) -> Visitor:
    """Return someone with a browser of their own, with nobody signed in."""
    context = browser.new_context(
        base_url=site, viewport={"width": width, "height": 900}, java_script_enabled=scripts, locale="en-GB"
    )
    return Visitor(context.new_page(), site, scripts=scripts)


def with_a_fingerprint_reader(visitor: Visitor) -> None:
    """Give the browser a device that makes passkeys and always finds its owner."""
    session = visitor.page.context.new_cdp_session(visitor.page)
    session.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    more = {"isUserVerified": True, "automaticPresenceSimulation": True}
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options | more})


def adds_a_passkey(visitor: Visitor) -> None:
    """From being sent to protect the account to being let in. The browser's address needs a host with a name."""
    with_a_fingerprint_reader(visitor)
    visitor.then_reads("Protect your account")
    visitor.then_the_page_is_accessible()
    visitor.when_follows("Add a passkey")
    visitor.page.get_by_label("Name of the passkey").fill("Work laptop")
    visitor.then_the_page_is_accessible()
    visitor.when_presses("Enter")
    visitor.then_reads("Each works once")
    visitor.when_follows("I have kept them")
    visitor.then_reads("Your account")
