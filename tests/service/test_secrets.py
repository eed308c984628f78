"""A canary: everything secret is used, and then looked for wherever it must not be."""

import io
import logging
from collections.abc import Iterator

import pytest

from common.telemetry.logs import JsonLines, logging_settings
from harness.browser_like import Answer
from harness.redis_server import PASSWORD, RedisServer
from harness.sandbox_control import EXCHANGE, PEOPLE_ME, REVOKE
from harness.site import SESSION_KEY, Site
from tests.conftest import MakeSite


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the services write at debug level, formatted as in production."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonLines())
    settings = logging_settings("debug")
    levels = {name: logger["level"] for name, logger in settings["loggers"].items()}
    levels[""] = settings["root"]["level"]
    before = {name: logging.getLogger(name).level for name in levels}
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


async def _busy_day(site: Site, redis: RedisServer) -> tuple[list[Answer], set[str]]:
    """Good and bad sign-ins, pages, failures and sign-outs; return the answers and all cookies."""
    browser, cookies = await site.browser(), set[str]()
    answers = [await browser.start(next_path="/canary-next"), await browser.sign_in()]
    paths = ("/", "/api/me", "/spaces", "/sessions", "/no-such?token=canary-query")
    answers += [await browser.get(path) for path in paths]
    cookies.update(browser.cookies.values())
    start = await browser.start()
    answers.append(await browser.get(await browser.at_webex(start.location, decision="decline")))
    answers.append(await browser.get("/oauth?code=canary-code&state=canary-state"))
    answers.append(await browser.get("/api/me", Cookie="session=1.canary-cookie"))
    for route in (EXCHANGE, PEOPLE_ME, REVOKE):
        for fault in ({"status": 500}, {"status": 400}, {"cut": "inside"}, {"body": "x"}):
            await site.sandbox.fault(route, **fault)
            answers += [
                await browser.sign_in(),
                await browser.get("/"),
                await browser.post("/logout"),
            ]
            await site.sandbox.lift_faults()
    await browser.sign_in()
    cookies.update(browser.cookies.values())
    await site.sandbox.expire_tokens()
    answers.append(await browser.get("/"))
    redis.stop()
    callback = await browser.at_webex((await browser.start()).location)
    answers += [await browser.get("/"), await browser.get(callback), await browser.post("/logout")]
    redis.start()
    answers += [await browser.get(callback), await browser.post("/logout")]
    return answers, cookies


async def test_nothing_secret_is_logged_even_at_debug_level_nor_shown_on_a_page(
    make_site: MakeSite,
    own_redis: RedisServer,
    log: io.StringIO,
    capfd: pytest.CaptureFixture[str],
) -> None:
    site = await make_site(redis=own_redis, LOG_LEVEL="debug")
    answers, cookies = await _busy_day(site, own_redis)
    confidential = await site.sandbox.confidential()
    assert {"state", "code", "code_verifier", "access_token", "refresh_token"} <= set(confidential)
    tokens = {v for kind, values in confidential.items() for v in values if kind != "state"}
    secrets = {*tokens, *confidential["state"], *cookies, SESSION_KEY, PASSWORD}
    secrets |= {"insecure-sandbox-secret", "canary-", "ada@example.com", "Lovelace"}
    printed = capfd.readouterr()
    written = log.getvalue() + printed.out + printed.err
    assert written.count('"event":"request"') > 30
    for event in ("signed_in", "signed_out", "redis_unavailable", "failure"):
        assert f'"event":"{event}"' in written
    assert sorted(secret for secret in secrets if secret in written) == []
    never_on_a_page = {*tokens, *cookies, SESSION_KEY, PASSWORD, "insecure-sandbox-secret"}
    bodies = "".join(answer.text for answer in answers)
    assert sorted(secret for secret in never_on_a_page if secret in bodies) == []
    headers = "".join(str(answer.headers) for answer in answers)
    assert sorted(secret for secret in never_on_a_page - cookies if secret in headers) == []
