"""Every query of the dashboard and every alert, in a real Prometheus that scraped the running site."""

import asyncio
import json
import re
import shutil
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from harness.browser_like import Browser
from harness.sandbox_control import PEOPLE_ME, SandboxControl
from harness.stack import Stack
from tests.deploy.prometheus import Prometheus
from tests.scraped import scrape

pytestmark = pytest.mark.skipif(
    shutil.which("prometheus") is None, reason="prometheus is not installed (make deploy-test)"
)

DEPLOY = Path(__file__).parents[2] / "deploy"
NAME = re.compile(r"\b((?:oauth|session|redis|webex|http|live|unforeseen)_[a-z_]+)\b")


def queries() -> list[tuple[str, str]]:
    file = DEPLOY / "grafana" / "dashboards" / "webex-oauth-pair.json"
    panels = json.loads(file.read_text(encoding="utf-8"))["panels"]
    return [(panel["title"], target["expr"]) for panel in panels for target in panel["targets"]]


def rules() -> list[tuple[str, str]]:
    groups = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text())["groups"]
    return [(rule["alert"], rule["expr"]) for group in groups for rule in group["rules"]]


async def live(stack: Stack) -> None:
    """A bit of everything that a dashboard shows."""
    sandbox = SandboxControl(stack.sandbox_url)
    async with Browser(stack.url, lambda _: stack.url) as browser:
        await browser.sign_in()
        await sandbox.policy(refresh_mode="rotating")
        await sandbox.expire_tokens(access=True)
        await browser.visit("/")
        await browser.get("/nothing")
        start = await browser.start()
        await browser.get(await browser.at_webex(start.location, decision="decline"))
        browser.cookies[browser.session_name] = f"1.{'A' * 64}"
        await browser.get("/api/me")


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with Stack(app_services=2, SIGN_IN_RATE="500r/s", SIGN_IN_BURST="500") as running:
        yield running


@pytest.fixture(scope="module")
def prometheus(stack: Stack) -> Iterator[Prometheus]:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with Prometheus(stack, port) as running:
        running.wait_for('count(up{job=~"auth_service|app_service"} == 1) == 3')
        # A rate needs two scrapes of a number, and one before it grew.
        for _ in range(3):
            asyncio.run(live(stack))
            running.wait_for(f"min(timestamp(up)) > {time.time()}")
        yield running


@pytest.mark.parametrize(("title", "expression"), queries())
def test_every_query_of_the_dashboard_shows_something(
    prometheus: Prometheus, title: str, expression: str
) -> None:
    asked = expression.replace("$__rate_interval", "1m")
    assert prometheus.query(asked), title


@pytest.mark.parametrize(("name", "expression"), rules())
def test_every_alert_asks_for_numbers_that_there_are(
    stack: Stack, name: str, expression: str
) -> None:
    async def names() -> set[str]:
        urls = (stack.service_url("auth_service"), stack.service_url("app_service"))
        return {sample for url in urls for sample, _ in (await scrape(url)).samples}

    assert set(NAME.findall(re.sub(r'"[^"]*"', "", expression))) - {"auth_service"} <= asyncio.run(
        names()
    ), name


def test_a_site_that_is_well_alarms_nobody(prometheus: Prometheus) -> None:
    states = prometheus.alerts()
    assert set(states) == {name for name, _ in rules()}
    assert {name for name, state in states.items() if state == "firing"} == set()


def test_every_alert_has_a_page_for_who_is_woken_by_it() -> None:
    text = (DEPLOY.parent / "docs" / "production.md").read_text(encoding="utf-8")
    for name, _ in rules():
        assert f"`{name}`" in text, name


def test_a_dead_redis_and_webex_that_fails_show(stack: Stack, prometheus: Prometheus) -> None:
    async def trouble() -> None:
        async with Browser(stack.url, lambda _: stack.url) as browser:
            await browser.sign_in()
            await SandboxControl(stack.sandbox_url).fault(PEOPLE_ME, status=500)
            await browser.get("/api/me")
            stack.process("redis").kill()
            assert (await browser.get("/api/me")).status == 503

    asyncio.run(trouble())
    prometheus.wait_for("sum(increase(redis_failures_total[1m])) > 0")
    prometheus.wait_for('webex_request_seconds_count{endpoint="people",outcome="5xx"} > 0')
