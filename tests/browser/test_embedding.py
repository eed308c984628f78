"""A space in a frame of another site's page: two sites over https, in a real Chromium."""

import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Page, Playwright, expect

from harness.stack import free_ports_in_a_row
from tests.browser.axe import looked_at, report
from tests.browser.conftest import ARGUMENTS, PATIENCE_MS, executable
from tests.browser.secure import HOST, SecureSite, chromium_arguments, fingerprint, secure_site
from tests.browser.visitor import Visitor
from tests.certificate import certificate

PORTAL = "portal.example.org"
STRANGER = "stranger.example.net"
SIGN_IN = "Start OAuth flow"


class Portal:
    """Another site: its pages are what a test says."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.html = ""

    def url(self, host: str = PORTAL) -> str:
        return f"https://{host}:{self.port}"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return certificate(tmp_path_factory.mktemp("portal"), PORTAL, STRANGER)


@pytest.fixture(scope="module")
def portal(certificates: tuple[Path, Path]) -> Iterator[Portal]:
    [port] = free_ports_in_a_row(1)
    portal = Portal(port)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = portal.html.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificates)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield portal
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def site(portal: Portal) -> Iterator[SecureSite]:
    with secure_site(EMBED_ORIGINS=portal.url()) as site:
        yield site


@pytest.fixture(scope="module")
def two_sites(
    playwright: Playwright, site: SecureSite, certificates: tuple[Path, Path]
) -> Iterator[Browser]:
    """A browser that knows both, and keeps no cookies of third parties."""
    arguments = chromium_arguments(
        (HOST, PORTAL, STRANGER), (site.fingerprint, fingerprint(certificates[0]))
    )
    browser = playwright.chromium.launch(
        executable_path=executable(),
        args=[*ARGUMENTS, *arguments, "--test-third-party-cookie-phaseout"],
    )
    yield browser
    browser.close()


@pytest.fixture
def window(two_sites: Browser) -> Iterator[BrowserContext]:
    window = two_sites.new_context(viewport={"width": 1040, "height": 720})
    window.set_default_timeout(PATIENCE_MS)
    yield window
    window.close()


@pytest.fixture
def page(window: BrowserContext, portal: Portal, site: SecureSite) -> Page:
    """The portal's page with the script in it."""
    portal.html = f"""<!doctype html><html lang="en"><title>Portal</title><h1>Portal</h1>
      <script src="{site.url}/embed.js" data-title="Ask us"></script></html>"""
    page = window.new_page()
    page.goto(portal.url())
    return page


def frame_of(page: Page) -> FrameLocator:
    return page.frame_locator("iframe")


def sign_in(page: Page, email: str = "ada@example.com") -> None:
    """From the button in the frame to the press in the window."""
    with page.expect_popup() as opened:
        frame_of(page).get_by_role("button", name=SIGN_IN).click()
    popup = opened.value
    Visitor(popup).gives_email(email).accepts().sees(
        f"Show this in {PORTAL}:{page.url.rsplit(':')[-1].strip('/')}?"
    )
    with popup.expect_event("close"):
        popup.get_by_role("button", name="Show them there").click()


def test_somebody_signs_in_and_talks_in_the_frame(page: Page) -> None:
    expect(frame_of(page).get_by_role("button", name=SIGN_IN)).to_be_visible()
    found = list(looked_at(page, "the frame before", frame=page.frames[1]))
    sign_in(page)
    frame = frame_of(page)
    expect(frame.get_by_role("heading", level=1)).to_have_text("Upcoming events")
    expect(frame.locator("#connection")).to_have_text("Live")
    frame.get_by_label("Your message").fill("Hello from the portal")
    frame.get_by_label("Your message").press("Enter")
    said = frame.locator(".message > article").filter(has_text="Hello from the portal")
    expect(said).to_be_visible()
    found += looked_at(page, "the frame", frame=page.frames[1])
    assert not found, report(found)
    page.reload()
    expect(frame.get_by_role("heading", level=1)).to_have_text("Upcoming events")
    with page.expect_download():
        frame.get_by_role("link", name="agenda.txt").click()


def test_the_session_is_the_frames_alone_and_ends_there(page: Page, site: SecureSite) -> None:
    sign_in(page)
    frame = frame_of(page)
    expect(frame.get_by_role("heading", level=1)).to_have_text("Upcoming events")
    own = page.context.new_page()
    own.goto(f"{site.url}/")
    expect(own.get_by_role("link", name=SIGN_IN, exact=True)).to_be_visible()
    frame.get_by_role("button", name="Sign out here").click()
    expect(frame.get_by_role("button", name=SIGN_IN)).to_be_visible()


def test_it_is_listed_and_ended_from_the_site_itself(page: Page, site: SecureSite) -> None:
    sign_in(page)
    expect(frame_of(page).locator("#connection")).to_have_text("Live")
    own = page.context.new_page()
    own.goto(f"{site.url}/login?next=/sessions")
    Visitor(own).accepts() if own.get_by_role("button", name="Accept").count() else None
    expect(own.get_by_text(f"in a page of {PORTAL}").first).to_be_visible()
    own.get_by_role("button", name="End all others").click()
    expect(frame_of(page).locator("#connection")).to_contain_text("You are signed out.")


def test_a_window_whose_tie_was_cut_is_found_again_by_a_second_press(page: Page) -> None:
    """Webex's own page may have a policy that cuts it; here the window forgets who opened it."""
    frame = frame_of(page)
    with page.expect_popup() as opened:
        frame.get_by_role("button", name=SIGN_IN).click()
    popup = opened.value
    Visitor(popup).gives_email()
    popup.add_init_script("Object.defineProperty(window, 'opener', { value: null })")
    Visitor(popup).accepts()
    expect(popup.locator("#cut-off")).to_be_visible()
    expect(popup.get_by_role("button", name="Show them there")).to_be_disabled()
    found = list(looked_at(popup, "the window to sign in, cut off"))
    assert not found, report(found)
    popup.close()
    with page.expect_popup() as opened:
        frame.get_by_role("button", name=SIGN_IN).click()
    again = opened.value
    found = list(looked_at(again, "the window to sign in"))
    assert not found, report(found)
    with again.expect_event("close"):
        again.get_by_role("button", name="Show them there").click()
    expect(frame.get_by_role("heading", level=1)).to_have_text("Upcoming events")


def test_a_page_that_is_not_listed_shows_no_frame(page: Page, portal: Portal) -> None:
    sign_in(page)
    page.goto(portal.url(STRANGER))
    blocked = page.frames[-1]
    blocked.wait_for_load_state()
    assert blocked.url.startswith("chrome-error:")


def test_a_link_of_an_attacker_gives_nothing_to_the_page_that_opened_it(
    window: BrowserContext, portal: Portal, site: SecureSite
) -> None:
    """Opened by somebody who is signed in, and even pressed."""
    visitor = Visitor(window.new_page())
    visitor.page.goto(f"{site.url}/")
    visitor.starts().gives_email().accepts()
    link = f"{site.url}/embed/sign-in?origin={portal.url()}"
    portal.html = f"""<!doctype html><html lang="en"><title>Win</title><script>
      window.got = [];
      addEventListener("message", (event) => window.got.push(event.data));
    </script><button onclick="window.open('{link}')">Win</button></html>"""
    page = window.new_page()
    page.goto(portal.url(STRANGER))
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Win").click()
    popup = opened.value
    Visitor(popup).accepts() if popup.get_by_role("button", name="Accept").count() else None
    with popup.expect_event("close"):
        popup.get_by_role("button", name="Show them there").click()
    assert page.evaluate("window.got") == []


def test_the_page_around_the_frame_cannot_act_with_the_frames_session(
    page: Page, site: SecureSite
) -> None:
    sign_in(page)
    expect(frame_of(page).locator("#connection")).to_have_text("Live")
    tried = page.evaluate(
        """async (url) => {
          const send = (path, options) => fetch(url + path, { credentials: "include", ...options })
            .then((answer) => answer.status, (error) => error.name);
          return [
            await send("/embed/api/space/messages"),
            await send("/embed/logout", { method: "POST", mode: "no-cors" }),
            await send("/embed/api/space/messages", {
              method: "POST", mode: "no-cors", body: JSON.stringify({ markdown: "Forged" }),
            }),
          ];
        }""",
        site.url,
    )
    assert tried == ["TypeError"] * 3
    page.reload()
    frame = frame_of(page)
    expect(frame.locator("#connection")).to_have_text("Live")
    expect(frame.locator(".message > article").filter(has_text="Forged")).to_have_count(0)
