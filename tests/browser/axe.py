"""axe-core over a page as it stands: rules of WCAG 2.2 and best practices, https://github.com/dequelabs/axe-core."""

from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Page

# Every rule, and nothing else asked for: style sheets of other origins, which we have none of.
_RUN = """async () => {
  const {violations} = await axe.run(document, {resultTypes: ["violations"], preload: false});
  return violations.flatMap(({id, help, nodes}) =>
    nodes.map(({target, html}) => [id, help, String(target), html.slice(0, 200)]));
}"""


class Finding(NamedTuple):
    rule: str
    help: str
    where: str
    html: str


@cache
def _source() -> str:
    found = distribution("axe-playwright-python").locate_file("axe_playwright_python/axe.min.js")
    return Path(str(found)).read_text(encoding="utf-8")


def findings(page: Page) -> list[Finding]:
    """What axe has against the page."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_source())
    return [Finding(*found) for found in page.evaluate(_RUN)]
