"""A session bound to its device, in a real Chromium with keys in software; asserted by its own events."""

import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Playwright, ViewportSize, expect

from common.sessions.keys import session_key
from common.sessions.record import Session
from common.sessions.sealing import Sealer
from common.sessions.ticket import Ticket
from redis import Redis
from tests.browser.conftest import ARGUMENTS, PATIENCE_MS, executable
from tests.browser.sandbox import Sandbox
from tests.browser.secure import SecureSite, secure_site
from tests.browser.visitor import Visitor

BOUND, TICKET = "__Host-bound", "__Host-Http-session"
EVENT = "Network.deviceBoundSessionEventOccurred"
SCOPES = ("rooms_read", "memberships_read", "messages_read", "messages_write", "kms")
WIDGET = f"/login?next=/widget&scope={'+'.join(f'spark:{name}' for name in SCOPES)}"
TRIED = "Its cookie came without its device"


@dataclass
class Profile:
    """A browser with a folder of its own, and what it says of its keys."""

    site: SecureSite
    page: Page
    events: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._cdp = self.page.context.new_cdp_session(self.page)
        self._cdp.on(EVENT, self._heard)
        self._cdp.send("Network.enable")
        self._cdp.send("Network.enableDeviceBoundSessions", {"enable": True})

    def _heard(self, event: dict[str, Any]) -> None:
        # Playwright takes no built-in function for a handler.
        self.events.append(event)

    @property
    def visitor(self) -> Visitor:
        return Visitor(self.page)

    def signs_in(self) -> Visitor:
        return self.visitor.signs_in().is_greeted_as("Ada Lovelace")

    def is_bound(self) -> None:
        """Wait until its key is registered."""
        self.until(lambda: self.results("creationEventDetails") == ["Success"])

    def results(self, kind: str) -> list[str]:
        """How its registrations or renewals ended."""
        told = [event[kind] for event in self.events if kind in event]
        return [each.get("refreshResult") or each["fetchResult"] for each in told]

    @property
    def renewals(self) -> list[str]:
        return self.results("refreshEventDetails")

    def until(self, holds: Callable[[], bool]) -> None:
        """Let the browser's events come in until it holds."""
        for _ in range(PATIENCE_MS // 50):
            if holds():
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(self.events)

    def loses_short_cookie(self) -> None:
        """What its end does, now."""
        self._cdp.send("Network.deleteCookies", {"name": BOUND, "url": self.site.url})

    def holds(self, name: str, value: str) -> None:
        """Put a cookie of the site into this browser's jar."""
        cookie = {"name": name, "value": value, "path": "/", "secure": True, "httpOnly": True}
        kept = self._cdp.send(
            "Network.setCookie", {**cookie, "url": self.site.url, "sameSite": "Lax"}
        )
        assert kept["success"]

    def listed(self) -> Locator:
        """The line of its session in the list."""
        self.page.goto("/sessions")
        return self.page.locator("li", has_text="(this one)")

    def cookies(self) -> dict[str, str]:
        found = self.page.context.cookies(self.site.url)
        return {cookie["name"]: cookie["value"] for cookie in found}

    def api_me(self) -> int:
        return int(self.page.evaluate("fetch('/api/me').then(answer => answer.status)"))


Open = Callable[..., Profile]


@pytest.fixture(scope="module")
def site() -> Iterator[SecureSite]:
    with secure_site() as site:
        yield site


@pytest.fixture
def open_profile(site: SecureSite, playwright: Playwright) -> Iterator[Open]:
    """Open a browser, with a folder of an earlier one or a new one, and with keys or without."""
    with ExitStack() as stack:
        folders = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="profiles-")))

        def opened(folder: str = "first", *, keys: bool = True) -> Profile:
            context = playwright.chromium.launch_persistent_context(
                folders / folder,
                executable_path=executable(),
                args=[*ARGUMENTS, *site.arguments, *([site.binding] if keys else [])],
                base_url=site.url,
                viewport=ViewportSize(width=1040, height=620),
                locale="en-GB",
            )
            stack.callback(context.close)
            context.set_default_timeout(PATIENCE_MS)
            return Profile(site, context.pages[0])

        yield opened


@pytest.fixture
def ada(open_profile: Open) -> Profile:
    """Signed in and bound, a while ago."""
    profile = open_profile()
    profile.signs_in()
    profile.is_bound()
    settle(profile)
    return profile


def settle(profile: Profile) -> None:
    """Put back the moment at which the session was bound: what was under way then has arrived."""
    site = profile.site
    ticket = Ticket.parse(profile.cookies()[TICKET])
    assert ticket
    key, sealer = session_key(ticket.handle), Sealer([site.stack.secret("session_keys")])
    seal: Any = {"purpose": "session", "place": key, "secret": ticket.secret}
    with Redis.from_url(site.stack.redis) as redis:
        sealed: Any = redis.get(key)
        record = Session.from_bytes(sealer.open(sealed, **seal))
        assert record.bound_at
        bound = replace(record, bound_at=record.bound_at - 60).to_bytes()
        redis.set(key, sealer.seal(bound, **seal), keepttl=True)


def test_a_sign_in_binds_its_session_and_the_list_says_so(ada: Profile) -> None:
    assert {TICKET, BOUND} <= ada.cookies().keys()
    expect(ada.listed()).to_contain_text("Bound to its device")
    assert ada.renewals == []


def test_a_browser_that_keeps_no_keys_is_served_as_ever(open_profile: Open) -> None:
    profile = open_profile(keys=False)
    profile.signs_in()
    expect(profile.listed()).to_be_visible()
    expect(profile.listed()).not_to_contain_text("Bound to its device")
    assert BOUND not in profile.cookies()


def test_a_page_waits_for_the_renewal_of_the_short_cookie(ada: Profile) -> None:
    for _ in range(3):
        ada.loses_short_cookie()
        ada.visitor.goes_to().is_greeted_as("Ada Lovelace")
    ada.until(lambda: ada.renewals == ["Refreshed"] * 3)


def test_two_tabs_and_a_script_share_one_renewal(ada: Profile) -> None:
    other = ada.page.context.new_page()
    other.goto("/sessions")
    with ada.site.gate.closed():
        ada.loses_short_cookie()
        asked = "window.asked = Promise.all([1, 2, 3].map(() => fetch('/api/me')))"
        ada.page.evaluate(f"{asked}; 0")
        other.evaluate("location.href = '/?other'; 0")
        ada.until(ada.site.gate.arrived.is_set)
    told = ada.page.evaluate("window.asked.then(all => all.map(answer => answer.status))")
    assert told == [200, 200, 200]
    Visitor(other).is_greeted_as("Ada Lovelace")
    ada.until(lambda: ada.renewals != [])
    assert ada.renewals == ["Refreshed"]


def test_a_stream_goes_on_over_the_end_of_the_short_cookie_and_a_new_one_waits_for_the_next(
    ada: Profile,
) -> None:
    ada.visitor.goes_to(WIDGET)
    ada.visitor.accepts()
    ada.page.wait_for_url("**/widget")
    # The sign-in for more permissions began a session of its own, which is bound again.
    ada.until(lambda: ada.results("creationEventDetails") == ["Success"] * 2)
    settle(ada)
    live = ada.page.get_by_text("Live", exact=True)
    expect(live).to_be_visible()
    streams: list[str] = []
    ada.page.on("request", lambda request: streams.append(request.url))
    ada.loses_short_cookie()
    status = ada.page.evaluate("fetch('/api/space/messages').then(answer => answer.status)")
    assert status == 200
    with closing(Sandbox(ada.site.sandbox_url)) as space:
        space.say("Over the end of a cookie")
    expect(ada.page.get_by_text("Over the end of a cookie", exact=True)).to_be_visible()
    assert [url for url in streams if "/events" in url] == []
    ada.loses_short_cookie()
    ada.page.reload()
    expect(live).to_be_visible()
    assert [url for url in streams if "/events" in url] != []


def test_a_first_page_from_another_site_is_loaded_again_and_shown(ada: Profile) -> None:
    ada.page.goto(ada.site.sandbox_url)
    ada.loses_short_cookie()
    asked: list[str] = []

    def note(request: Any) -> None:
        if request.is_navigation_request():
            asked.append(request.all_headers()["sec-fetch-site"])

    ada.page.on("request", note)
    ada.page.evaluate(
        "url => { const a = Object.assign(document.createElement('a'), {href: url});"
        " document.body.append(a); a.click(); }",
        f"{ada.site.url}/?from=elsewhere",
    )
    ada.visitor.is_greeted_as("Ada Lovelace")
    assert ada.page.url.endswith("/?from=elsewhere")
    assert asked == ["cross-site", "same-origin"]
    ada.until(lambda: ada.renewals == ["Refreshed"])


def test_a_stolen_cookie_in_another_jar_gets_the_sign_in_and_is_shown_to_the_person(
    ada: Profile, open_profile: Open
) -> None:
    thief = open_profile("thief")
    thief.holds(TICKET, ada.cookies()[TICKET])
    thief.visitor.goes_to().is_signed_out()
    expect(thief.page.get_by_text(re.compile("Ada|ada@"))).to_have_count(0)
    for path in ("/sessions", "/spaces"):
        expect(thief.visitor.goes_to(path).page.get_by_label("Email address")).to_be_visible()
    thief.visitor.goes_to().is_signed_out()
    assert thief.api_me() == 401
    ada.until(lambda: TRIED in ada.listed().inner_text())
    ada.visitor.goes_to().is_greeted_as("Ada Lovelace")


def test_signing_out_ends_the_key_and_a_late_renewal_brings_nothing_back(ada: Profile) -> None:
    stolen = ada.cookies()[TICKET]
    page = ada.page.context.new_page()
    page.goto("/sessions")
    with ada.site.gate.closed():
        ada.loses_short_cookie()
        page.evaluate("fetch('/api/me').catch(() => 0); 0")
        ada.until(ada.site.gate.arrived.is_set)
        # Its path does not wait for a renewal.
        with ada.page.expect_response("**/logout"):
            ada.visitor.signs_out()
    ada.visitor.is_signed_out()
    ada.holds(TICKET, stolen)
    ada.visitor.goes_to().is_signed_out()
    assert ada.api_me() == 401
    ada.loses_short_cookie()
    assert ada.api_me() == 401
    assert BOUND not in ada.cookies()


def test_a_session_that_was_ended_elsewhere_is_over_here_and_its_key_is_forgotten(
    ada: Profile, open_profile: Open
) -> None:
    other = open_profile("other")
    other.signs_in().goes_to("/sessions").page.get_by_role("button", name="End all others").click()
    expect(other.page.get_by_text("(this one)")).to_be_visible()
    ada.loses_short_cookie()
    ada.visitor.goes_to().is_signed_out()
    ada.until(lambda: "ServerRequested" in str(ada.events))
    other.visitor.goes_to().is_greeted_as("Ada Lovelace")


def test_a_new_sign_in_takes_the_place_of_the_former_session(ada: Profile) -> None:
    former = ada.cookies()
    ada.page.goto("/login")
    ada.visitor.accepts().is_greeted_as("Ada Lovelace")
    ada.until(lambda: ada.results("creationEventDetails") == ["Success"] * 2)
    settle(ada)
    assert ada.cookies()[TICKET] != former[TICKET]
    for _ in range(2):
        ada.loses_short_cookie()
        ada.visitor.goes_to().is_greeted_as("Ada Lovelace")


def test_a_browser_that_was_restarted_still_has_its_key(ada: Profile, open_profile: Open) -> None:
    ada.loses_short_cookie()
    ada.page.context.close()
    again = open_profile()
    again.visitor.goes_to().is_greeted_as("Ada Lovelace")
    again.until(lambda: again.renewals == ["Refreshed"])


def test_a_renewal_that_fails_for_a_while_loses_nothing(ada: Profile) -> None:
    auth = ada.site.stack.process("auth_service")
    auth.stop()
    ada.loses_short_cookie()
    ada.visitor.goes_to().sees("Your browser could not prove itself right now")
    assert ada.api_me() == 503
    auth.start()
    ada.site.stack.wait_for("auth_service")
    ada.until(lambda: ada.visitor.goes_to().heading.inner_text().startswith("So happy to meet"))
