"""axe-core over a page as it stands: rules of WCAG 2.2 and best practices, https://github.com/dequelabs/axe-core."""

from collections.abc import Iterator
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from typing import Any, NamedTuple

from playwright.sync_api import Frame, Page

NARROW, ZOOMED = {"width": 320, "height": 640}, {"width": 320, "height": 256}
DESKTOP = {"width": 1280, "height": 1024}
# Colours that are still changing are no finding.
STILL = {"reduced_motion": "reduce"}
LOOKS: dict[str, tuple[dict[str, int], dict[str, Any]]] = {
    "light": (DESKTOP, {"color_scheme": "light", "forced_colors": "none", **STILL}),
    "narrow": (NARROW, {"color_scheme": "light", "forced_colors": "none", **STILL}),
    "zoomed": (ZOOMED, {"color_scheme": "light", "forced_colors": "none", **STILL}),
    "dark": (DESKTOP, {"color_scheme": "dark", "forced_colors": "none", **STILL}),
    "forced": (DESKTOP, {"color_scheme": "dark", "forced_colors": "active", **STILL}),
}
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


def findings(page: Page | Frame) -> list[Finding]:
    """What axe has against the page, or the frame in one."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_source())
    return [Finding(*found) for found in page.evaluate(_RUN)]


def looked_at(
    page: Page, name: str, *, frame: Frame | None = None
) -> Iterator[tuple[str, Finding]]:
    """What axe has against the same page, or a frame in it, in every look."""
    for look, (size, media) in LOOKS.items():
        page.set_viewport_size(size)  # type: ignore[arg-type]
        page.emulate_media(**media)
        yield from ((f"{name}, {look}", found) for found in findings(frame or page))


def report(found: list[tuple[str, Finding]]) -> str:
    return "\n".join(f"{where}: {each.rule} {each.where} {each.html}" for where, each in found)
