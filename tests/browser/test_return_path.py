"""Where a whole sign-in through nginx ends, judged by a browser's own URL parser and by another."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

from playwright.sync_api import Page
from yarl import URL

from harness.browser_like import Browser
from harness.stack import Stack
from tests.browser.visitor import Visitor
from tests.hostile_paths import hostile_paths

ORIGINS = "([base, targets]) => targets.map(target => new URL(target, base).origin)"


def test_no_hostile_next_leads_a_browser_to_another_site(stack: Stack, visitor: Visitor) -> None:
    corpus = hostile_paths()[1::2]
    assert len(corpus) >= 800
    # Playwright's own loop runs in this thread.
    with ThreadPoolExecutor(1) as thread:
        targets = thread.submit(asyncio.run, _sign_in_with_each(stack.url, corpus)).result()
    origins = _origins(visitor.page, stack.url, targets)
    others = [str(URL(target).origin()) for target in targets]
    judged = zip(corpus, origins, others, strict=True)
    assert [each for each in judged if each[1:] != (stack.url, stack.url)] == []


def _origins(page: Page, base: str, targets: list[str]) -> list[str]:
    origins: list[str] = page.evaluate(ORIGINS, [f"{base}/oauth", targets])
    return origins


async def _sign_in_with_each(url: str, corpus: list[str]) -> list[str]:
    """The Location header after each sign-in, unread; consent is given once."""
    async with Browser(url, lambda _: url) as browser:
        await browser.sign_in()
        return [await _sign_in(browser, value) for value in corpus]


async def _sign_in(browser: Browser, value: str) -> str:
    start = await browser.get(f"/login?{urlencode({'next': value})}")
    answer = await browser.get(await browser.at_webex(f"{start.location}&prompt=none"))
    assert answer.status == 303
    return answer.location
