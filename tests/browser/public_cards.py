"""`python -m tests.browser.public_cards FOLDER`: the public collection of cards on our page.

FOLDER is `samples` of a checkout of github.com/microsoft/AdaptiveCards. Each card of versions 1.0 to 1.3 is
judged as the service judges it, drawn in Chromium under our policy, looked at by axe, and every button
of it is pressed: once with all its pictures that come over https, and once with none.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from tests.browser.axe import findings
from tests.browser.card_page import ASSETS, OWN_PICTURE, draw_cards, judged
from tests.browser.conftest import ARGUMENTS, DESKTOP, PATIENCE_MS, executable

VERSIONS = ("v1.0", "v1.1", "v1.2", "v1.3")
SITE = "http://cards.localhost"
# Keeps what is thrown and what breaks the policy, and opens nothing when a button is pressed.
LISTEN = """
  window.exceptions = [];
  addEventListener("error", ({message}) => message && exceptions.push(message));
  addEventListener("unhandledrejection", ({reason}) => exceptions.push(String(reason)));
  window.violations = [];
  addEventListener("securitypolicyviolation",
    ({effectiveDirective, blockedURI}) => violations.push(`${effectiveDirective} ${blockedURI}`));
  window.open = () => null;
"""
PRESS = """() => {
  const buttons = ".message-card :is(button, [role=button], [role=link])";
  for (const each of document.querySelectorAll(buttons)) each.click();
}"""


@dataclass(frozen=True)
class Outcome:
    """What became of one card."""

    name: str
    state: str
    events: int
    exceptions: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    axe: list[str] = field(default_factory=list)


def all_over_https(url: str) -> str | None:
    """As if every host were in CARD_IMAGE_HOSTS."""
    return OWN_PICTURE if url.startswith("https://") else None


def none_at_all(_: str) -> None:
    return None


def samples(folder: Path) -> list[Path]:
    return sorted(
        file
        for version in VERSIONS
        for file in (folder / version).rglob("*")
        if file.suffix.lower() == ".json"
    )


def drawn(page: Page, file: Path, name: str, picture: Callable[[str], str | None]) -> Outcome:
    """Draw one card, with nothing left of the one before."""
    page.unroute_all()
    draw_cards(page, [judged(file.read_text(encoding="utf-8-sig"), picture)])
    box = page.locator(".message-card")
    expect(box).to_have_count(1)
    found = [f"{each.rule} {each.where}" for each in findings(page)]
    page.evaluate(PRESS)
    return Outcome(
        name,
        box.get_attribute("data-state") or "its text",
        int(box.get_attribute("data-events") or 0),
        page.evaluate("exceptions"),
        page.evaluate("violations"),
        found,
    )


def outcomes(
    browser: Browser, folder: Path, picture: Callable[[str], str | None]
) -> Iterator[Outcome]:
    with browser.new_context(base_url=SITE, viewport=DESKTOP, reduced_motion="reduce") as window:  # type: ignore[arg-type]
        window.add_init_script(LISTEN)
        window.route("**/*", _only_ours)
        page = window.new_page()
        for file in samples(folder):
            yield drawn(page, file, file.relative_to(folder).as_posix(), picture)


def _only_ours(route: Route) -> None:
    """Our static files; nothing leaves this machine."""
    _, found, path = route.request.url.partition("/static/")
    file = ASSETS.file(path) if found else None
    route.fulfill(path=file) if file else route.abort()


def table(found: list[Outcome]) -> Iterator[str]:
    """One line for each version."""
    columns = ["version", "cards", "drawn", "their text", "failed", "exceptions", "violations"]
    columns += ["with events", "with axe findings"]
    yield f"| {' | '.join(columns)} |"
    yield "| --- " * len(columns) + "|"
    for version in (*VERSIONS, ""):
        of = [each for each in found if each.name.startswith(version)]
        states = Counter(each.state for each in of)
        numbers = (
            len(of),
            states["drawn"],
            states["its text"],
            states["failed"],
            sum(len(each.exceptions) for each in of),
            sum(len(each.violations) for each in of),
            sum(each.events > 0 for each in of),
            sum(bool(each.axe) for each in of),
        )
        yield f"| {version or 'all'} | {' | '.join(map(str, numbers))} |"


def complaints(found: list[Outcome]) -> Iterator[str]:
    for each in found:
        for kind, said in (
            ("exception", each.exceptions),
            ("violation", each.violations),
            ("axe", each.axe),
        ):
            yield from (f"{each.name}: {kind}: {one}" for one in said)
        if each.state == "failed":
            yield f"{each.name}: failed"


def main() -> int:
    parser = argparse.ArgumentParser(description="The public collection of cards on our page.")
    parser.add_argument(
        "folder", type=Path, help="samples/ of a checkout of microsoft/AdaptiveCards"
    )
    folder = parser.parse_args().folder
    if not samples(folder):
        parser.error(f"{folder} has no cards of {', '.join(VERSIONS)}")
    broken = False
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        launch = partial(
            playwright.chromium.launch, executable_path=executable(), args=[*ARGUMENTS]
        )
        with launch() as browser:
            for what, picture in (
                ("every picture over https", all_over_https),
                ("no picture", none_at_all),
            ):
                found = list(outcomes(browser, folder, picture))
                print(  # noqa: T201 - a command
                    f"\nWith {what}:\n", *table(found), "", *complaints(found), sep="\n", flush=True
                )
                broken |= any(each.exceptions or each.violations for each in found)
    return int(broken)


if __name__ == "__main__":
    sys.exit(main())
