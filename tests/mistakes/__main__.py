"""`python -m tests.mistakes FOLDER`: what three mistakes look like in another checkout, and in this one.

Types a misspelt name, a wrong key and the address of a Webex with an untrusted certificate into a copy of
each, opens the page in a real browser, and writes pictures into docs/img and terminal texts into
docs/mistakes.md.
"""

import argparse
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from bench.tools.working_copy import WorkingCopy
from local_stack.layout import REPOSITORY
from tests.browser.conftest import ARGUMENTS, executable
from tests.mistakes.webex_behind_a_certificate import untrusted_webex

PICTURES, PAGE = REPOSITORY / "docs" / "img" / "mistakes", REPOSITORY / "docs" / "mistakes.md"
MARKED = re.compile(r"(<!-- shown: ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
HANDLER = """

async def {name}(request: web.Request) -> web.Response:
    person = {{"displayName": "Ada Lovelace"}}
    return web.Response(text=f"My own logic knows {{{what}}}.")
"""
ROUTE = '    app.router.add_get("/{name}", handlers.{name})\n'
HANDLERS = {"typo": "persn['displayName']", "key": "person['displayNam']"}
REAL = {"CLIENT_ID": "insecure-id", "CLIENT_SECRET": "insecure-secret", "LOG_FORMAT": "text"}
REFERENCE = "d44ee0f43a69a9e393c4cae988998c8c"
# Its page is that of typo-before.
SAME = ("key-before",)
# What differs each time, and is nobody's.
MASKED = (
    (re.compile(r"\d\d:\d\d:\d\d"), "14:00:00"),
    (re.compile(r"20\d\d-\d\d-\d\dT[\d:.+]+"), "2026-11-29T14:00:00.000+00:00"),
    (re.compile(r"[0-9a-f]{32}"), REFERENCE),
    (re.compile(r"\b[0-9a-f]{16}\b"), "d44ee0f43a69a9e3"),
    (re.compile(r"127\.0\.0\.1:\d+"), "127.0.0.1:8082"),
    (
        re.compile(
            r"[\d.]+ ms|(?<=\"ms\":)[\d.]+|(?<=ms=)[\d.]+|(?<=seconds\":)[\d.]+|(?<=seconds\":\")[\d.]+"
        ),
        "…",
    ),
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mistakes")
    parser.add_argument("folder", type=Path, help="another checkout of this project")
    before: Path = parser.parse_args().folder.resolve()
    texts: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as place, _chromium() as chromium:
        for name, checkout in {"before": before, "now": REPOSITORY}.items():
            copy = WorkingCopy(checkout, Path(place) / name)
            for mistake, text in _shown(copy, chromium, name, Path(place)).items():
                texts[f"{mistake}-{name}"] = text
    _write(texts)
    return 0


def _shown(copy: WorkingCopy, chromium: Browser, name: str, place: Path) -> Mapping[str, str]:
    """Make each mistake, take its picture, and return what the terminal said to it."""
    texts = {}
    for mistake, what in HANDLERS.items():
        typed = HANDLER.format(name=mistake, what=what)
        copy.save(["app_service/handlers.py"], lambda text: text + typed)  # noqa: B023 - at once
        copy.save(["app_service/routes.py"], partial(_routed, ROUTE.format(name=mistake)))
    with copy.running(LOG_FORMAT="text"):
        for mistake in HANDLERS:
            texts[mistake] = _looked_at(copy, chromium, f"/{mistake}", f"{mistake}-{name}")
    with untrusted_webex(place) as api, copy.running(**REAL, WEBEX_API_URL=api):
        texts["certificate"] = _looked_at(copy, chromium, "/login", f"certificate-{name}", "/oauth")
    return texts


def _routed(route: str, text: str) -> str:
    """Put a route behind the first one."""
    first = re.search(r'    app\.router\.add_get\("/", .*\n', text)
    return text.replace(first[0], first[0] + route) if first else text


def _looked_at(
    copy: WorkingCopy, chromium: Browser, path: str, picture: str, told: str = ""
) -> str:
    """Open a page, keep its picture, and return the lines that came until `told`, or the path."""
    already = len(copy.lines)
    window = chromium.new_context(
        viewport={"width": 1040, "height": 620}, locale="en-GB", ignore_https_errors=True
    )
    page = window.new_page()
    page.goto(f"http://localhost:{copy.door}{path}")
    _mask_the_reference(page)
    if picture not in SAME:
        page.screenshot(path=PICTURES / f"{picture}.png", full_page=True)
    window.close()
    copy.wait_for_line(told or path, since=already)
    return _masked("".join(line for line in copy.lines[already:] if "/static/" not in line))


def _mask_the_reference(page: Page) -> None:
    """Have one that is the same in every run."""
    for each in page.locator(".particulars code").all():
        if re.fullmatch("[0-9a-f]{32}", each.inner_text()):
            each.evaluate("(element, text) => element.textContent = text", REFERENCE)


def _masked(text: str) -> str:
    for pattern, instead in MASKED:
        text = pattern.sub(instead, text)
    return text


def _write(texts: Mapping[str, str]) -> None:
    """Fill in what the page has between its marks."""
    page = PAGE.read_text(encoding="utf-8")
    filled = MARKED.sub(lambda mark: f"{mark[1]}\n```\n{texts[mark[2]]}```\n\n{mark[3]}", page)
    PAGE.write_text(filled, encoding="utf-8")


@contextmanager
def _chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=[*ARGUMENTS])
        yield browser
        browser.close()


if __name__ == "__main__":
    sys.exit(main())
