"""axe finds nothing on any page: narrow, at 400 %, on a phone, dark, in forced colours, without scripts."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.axe import Finding, findings
from tests.browser.conftest import NewWindow
from tests.browser.member import Member
from tests.browser.sandbox import Sandbox
from tests.browser.test_look import pages
from tests.browser.visitor import Visitor

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
SAID = """<h1>First</h1><h3>Third</h3><pre><code>x = 1</code></pre>
<table><tr><th>a</th><td>b</td></tr></table><blockquote>quoted</blockquote><ul><li>one</li></ul>"""


def looked_at(page: Page, name: str) -> Iterator[tuple[str, Finding]]:
    """The same page in every look."""
    for look, (size, media) in LOOKS.items():
        page.set_viewport_size(size)  # type: ignore[arg-type]
        page.emulate_media(**media)
        yield from ((f"{name}, {look}", found) for found in findings(page))


def report(found: list[tuple[str, Finding]]) -> str:
    return "\n".join(f"{where}: {each.rule} {each.where} {each.html}" for where, each in found)


def without_scripts(route: Route) -> None:
    route.fulfill(content_type="text/javascript", body="")


def test_axe_finds_nothing_on_any_page_in_any_look(new_window: NewWindow, sandbox: Sandbox) -> None:
    sandbox.say("All of it", html=SAID)
    visitor = Visitor(new_window().new_page())
    found: list[tuple[str, Finding]] = []
    for name in pages(visitor, sandbox):
        found += looked_at(visitor.page, name)
    assert not found, report(found)


def test_axe_finds_nothing_on_a_phone(new_window: NewWindow, sandbox: Sandbox) -> None:
    window = new_window(viewport=NARROW, is_mobile=True, has_touch=True, **STILL)
    visitor = Visitor(window.new_page())
    found: list[tuple[str, Finding]] = []
    for name in pages(visitor, sandbox):
        found += [(name, each) for each in findings(visitor.page)]
    assert not found, report(found)


@pytest.mark.parametrize("path", ["/widget", "/spaces", "/sessions"])
def test_axe_finds_nothing_before_a_script_has_run(
    new_window: NewWindow, sandbox: Sandbox, path: str
) -> None:
    member = Member(new_window().new_page()).enters()
    sandbox.say("All of it", html=SAID)
    member.page.route("**/*.js", without_scripts)
    member.goes_to(path)
    found = list(looked_at(member.page, path))
    assert not found, report(found)


def test_at_400_percent_the_conversation_keeps_most_of_the_window(new_window: NewWindow) -> None:
    member = Member(new_window(viewport=ZOOMED).new_page()).enters()
    assert member.scroll.evaluate("element => element.clientHeight") > ZOOMED["height"] / 2
    member.writes("Written at 400 %").reads("Written at 400 %")
    member.composer.scroll_into_view_if_needed()
    expect(member.composer).to_be_in_viewport(ratio=1)
