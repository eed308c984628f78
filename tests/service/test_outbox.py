"""No token is forgotten: what Webex does not take now, some replica tells it later."""

import json
from typing import Any

import pytest
from redis.crc import key_slot

from auth_service.oauth import outbox
from auth_service.oauth.outbox import LIFE_MS, Outbox
from auth_service.sessions.writer import SessionWriter
from common.sessions.keys import REVOKE_DUE, letter_key, session_key
from common.store.access import StoreUnavailable
from harness.browser_like import Browser
from harness.eventually import eventually
from harness.redis_server import RedisServer
from harness.sandbox_control import EXCHANGE, PEOPLE_ME, REVOKE
from harness.site import Site


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(outbox, "FIRST_MS", 300)
    monkeypatch.setattr(outbox, "CLAIM_MS", 300)
    monkeypatch.setattr(outbox, "SHORTEST_PAUSE_MS", 100)


async def worked_off(redis: RedisServer) -> None:
    async def is_empty() -> bool:
        return redis.keys("revoke:*") == []

    await eventually(is_empty)


async def test_what_webex_does_not_take_at_sign_out_is_tried_until_it_does(
    site: Site, browser: Browser, redis_server: RedisServer
) -> None:
    await browser.sign_in()
    await site.sandbox.fault(REVOKE, status=503, times=5)
    assert (await browser.post("/logout")).status == 303
    await worked_off(redis_server)
    assert await site.sandbox.expire_tokens(refresh=True) == 0


async def test_the_tokens_of_whoever_died_in_a_sign_out_are_revoked_by_whoever_looks_next(
    site: Site, browser: Browser, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await browser.sign_in()

    async def dies(*_: object, **__: object) -> None: ...

    with monkeypatch.context() as bad_moment:
        bad_moment.setattr(Outbox, "post", dies)
        await browser.post("/logout")
    assert redis_server.keys("session:*") == []
    await worked_off(redis_server)
    assert await site.sandbox.calls(REVOKE) >= 2
    assert await site.sandbox.expire_tokens(refresh=True) == 0


async def test_what_is_to_be_revoked_lies_there_for_an_hour_at_most_and_says_nothing(
    site: Site, browser: Browser, redis_server: RedisServer
) -> None:
    await browser.sign_in()
    await site.sandbox.fault(REVOKE, status=503)
    await browser.post("/logout")
    keys = redis_server.keys("revoke:*")
    assert len(keys) == 2
    assert all(0 < int(str(redis_server.client.pttl(key))) <= LIFE_MS for key in keys)
    dump = b" ".join(redis_server.dump().values())
    said = await site.sandbox.confidential()
    for token in (*said["access_token"], *said["refresh_token"]):
        assert token.encode() not in dump


async def test_a_sign_in_again_revokes_what_the_former_session_had(
    site: Site, browser: Browser, redis_server: RedisServer
) -> None:
    await browser.sign_in()
    await site.sandbox.fault(REVOKE, status=503, times=3)
    await browser.sign_in()
    await worked_off(redis_server)
    assert (await browser.get("/api/me")).status == 200
    assert await site.sandbox.expire_tokens(access=True, refresh=True) == 2, "the new one's alone"


async def test_what_the_new_session_has_too_is_not_revoked(
    site: Site, browser: Browser, redis_server: RedisServer
) -> None:
    """Webex may give the same tokens to both."""
    given = {
        "grant_type": "authorization_code",
        "body": json.dumps(await site.sandbox.new_tokens()),
    }
    await site.sandbox.fault(EXCHANGE, **given)
    for _ in range(2):
        assert (await browser.sign_in()).status == 303
    assert len(redis_server.keys("session:*")) == 1
    assert redis_server.keys("revoke:*") == []
    assert (await browser.get("/api/me")).status == 200
    assert await site.sandbox.calls(REVOKE) == 0


async def test_if_webex_ends_a_persons_other_grants_a_sign_in_again_asks_for_one_more(
    site: Site, browser: Browser, redis_server: RedisServer
) -> None:
    """docs/threat-model.md says so: nobody loops, because the third sign-in finds no former session."""
    await site.sandbox.policy(revoking_ends_others=True)
    await browser.sign_in()
    await browser.sign_in()
    await worked_off(redis_server)
    assert (await browser.get("/api/me")).status == 401
    await browser.sign_in()
    assert (await browser.get("/api/me")).status == 200
    await worked_off(redis_server)
    assert (await browser.get("/api/me")).status == 200


async def test_a_sign_in_that_fails_leaves_no_token_though_webex_is_away_too(
    site: Site, browser: Browser, redis_server: RedisServer
) -> None:
    await site.sandbox.fault(PEOPLE_ME, status=500)
    await site.sandbox.fault(REVOKE, status=503, times=4)
    assert (await browser.sign_in()).status == 502
    await worked_off(redis_server)
    assert await site.sandbox.expire_tokens(refresh=True) == 0


async def test_a_letter_is_announced_before_it_lies_there(
    site: Site, browser: Browser, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else whoever is killed in between leaves one that nobody looks for."""
    announce = Outbox._announce  # noqa: SLF001
    lying: list[list[str]] = []

    async def looked_at(*args: Any, **options: Any) -> None:
        lying.append(redis_server.keys("revoke:{*"))
        await announce(*args, **options)

    monkeypatch.setattr(Outbox, "_announce", looked_at)
    await site.sandbox.fault(PEOPLE_ME, status=403)
    await site.sandbox.fault(REVOKE, status=503, times=2)
    await browser.sign_in()
    await worked_off(redis_server)
    assert lying == [[]]


async def test_a_letter_that_is_announced_and_never_comes_is_forgotten(
    browser: Browser, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "ARRIVAL_MS", 100)
    await browser.sign_in()

    async def fails(*_: object) -> bool:
        raise StoreUnavailable

    callback = await browser.at_webex((await browser.start()).location)
    with monkeypatch.context() as bad_moment:
        bad_moment.setattr(SessionWriter, "end_unchanged", fails)
        assert (await browser.get(callback)).status == 503
    assert redis_server.keys("revoke:*") == [REVOKE_DUE]
    await worked_off(redis_server)
    assert (await browser.get("/api/me")).status == 200, "nothing was ended, and nothing revoked"


def test_a_letter_lies_on_the_node_of_its_record() -> None:
    letter, record = letter_key("a" * 64, "b"), session_key("a" * 64)
    assert key_slot(letter.encode()) == key_slot(record.encode())
