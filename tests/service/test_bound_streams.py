"""A stream of a bound session ends with the short cookie that opened it (app_service/live/rounds.py)."""

import time
from types import SimpleNamespace

import pytest

from app_service.live import rounds
from app_service.settings import SANDBOX_BOT_TOKEN, SANDBOX_SPACE_ID
from app_service.space.admission import Admission
from common.sessions import bound_cookie
from common.sessions.visitor import Visitor
from harness.browser_like import Answer
from harness.device import Device
from harness.site import HTTPS, Site
from tests.conftest import MakeSite
from tests.failure_answers import problem
from tests.member import EVENTS, WIDGET_SCOPES, Member


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rounds several times a second; what was under way when a session was bound arrived long ago."""
    monkeypatch.setattr(rounds, "HEARTBEAT_SECONDS", 0.2)
    monkeypatch.setattr(bound_cookie, "SETTLING_SECONDS", 0)


@pytest.fixture
async def site(make_site: MakeSite) -> Site:
    space = {"BOT_TOKEN": SANDBOX_BOT_TOKEN, "SPACE_ID": SANDBOX_SPACE_ID, "WEBHOOKS": "off"}
    return await make_site(**HTTPS, **space)


async def enter(site: Site, email: str = "ada@example.com") -> tuple[Member, Answer]:
    """In the space, and not bound yet; the answer has the offer."""
    browser = await site.browser()
    answer = await browser.sign_in(email, scope=WIDGET_SCOPES)
    assert (await browser.get("/widget")).status == 200
    return Member(browser, site), answer


def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """After the end of every short cookie that there is."""
    seconds = bound_cookie.COOKIE_SECONDS + bound_cookie.SKEW_SECONDS + 1
    clock = SimpleNamespace(time=lambda: time.time() + seconds)
    monkeypatch.setattr(bound_cookie, "time", clock)


async def test_a_stream_ends_with_its_short_cookie_and_the_next_one_needs_another(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, offer = await enter(site)
    device = Device()
    await device.registers(ada.browser, offer)
    grace, _ = await enter(site, "grace@example.com")
    async with grace.watching() as of_nobodys_device, ada.watching() as stream:
        await stream.next("window")
        await of_nobodys_device.next("window")
        for _ in range(3):
            await stream.next("beat")
        later(monkeypatch)
        # Without a word of why: the browser comes back by itself, and renews the cookie before that.
        assert "ended" not in {event.name for event in await stream.ends()}
        problem(await ada.browser.get(EVENTS), 401, "not_signed_in")
        await of_nobodys_device.next("beat")
    await device.renews(ada.browser)
    async with ada.watching() as again:
        await again.next("window")
        for _ in range(3):
            await again.next("beat")


async def test_who_comes_back_with_a_new_cookie_costs_webex_no_call(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shared list of members spoke for Webex until then."""
    ada, offer = await enter(site)
    await Device().registers(ada.browser, offer)
    async with ada.watching() as stream:
        await stream.next("window")
        await stream.next("beat")
        admitted: list[str] = []

        def note(_: Admission, visitor: Visitor) -> None:
            admitted.append(visitor.session.person_id)

        monkeypatch.setattr(Admission, "admitted", note)
        later(monkeypatch)
        await stream.ends()
    assert len(admitted) == 1


async def test_a_stream_that_is_older_than_the_binding_of_its_session_ends_with_it(
    site: Site,
) -> None:
    """Whoever copied the ticket right after the sign-in keeps no stream either."""
    ada, offer = await enter(site)
    async with ada.watching() as stream:
        await stream.next("window")
        await Device().registers(ada.browser, offer)
        assert "ended" not in {event.name for event in await stream.ends()}
    async with ada.watching() as again:
        await again.next("window")
        for _ in range(3):
            await again.next("beat")


async def test_where_it_is_required_the_stream_of_a_session_that_is_not_bound_ends(
    make_site: MakeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    space = {"BOT_TOKEN": SANDBOX_BOT_TOKEN, "SPACE_ID": SANDBOX_SPACE_ID, "WEBHOOKS": "off"}
    site = await make_site(**HTTPS, **space, BOUND_SESSIONS="required")
    ada, _ = await enter(site)
    async with ada.watching() as stream:
        await stream.next("window")
        later(monkeypatch)
        assert "ended" not in {event.name for event in await stream.ends()}
    problem(await ada.browser.get(EVENTS), 403, "not_bound")
