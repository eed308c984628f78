"""axe finds nothing on any page: narrow, at 400 %, on a phone, dark, in forced colours, without scripts."""

import pytest
from playwright.sync_api import Route, expect

from tests.browser.axe import NARROW, STILL, ZOOMED, Finding, findings, looked_at, report
from tests.browser.conftest import NewWindow
from tests.browser.member import Member
from tests.browser.sandbox import Sandbox
from tests.browser.test_look import pages
from tests.browser.visitor import Visitor

SAID = """<h1>First</h1><h3>Third</h3><pre><code>x = 1</code></pre>
<table><tr><th>a</th><td>b</td></tr></table><blockquote>quoted</blockquote><ul><li>one</li></ul>"""


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
    # axe is a script itself, so that a browser would not show this.
    member.page.evaluate("""() => {
      for (const each of document.querySelectorAll("noscript")) each.outerHTML = each.textContent;
    }""")
    found = list(looked_at(member.page, path))
    assert not found, report(found)


def test_axe_finds_nothing_where_a_message_was_not_sent(
    new_window: NewWindow, sandbox: Sandbox
) -> None:
    member = Member(new_window().new_page()).enters()
    member.page.route("**/*.js", without_scripts)
    found: list[tuple[str, Finding]] = []
    sandbox.fault("POST /v1/messages", status=503)
    for name, route in (("in the space", None), ("alone", "GET /v1/messages")):
        member.goes_to("/widget")
        if route:
            sandbox.fault(route, status=503)
        member.types("Not lost").page.get_by_role("button", name="Send").click()
        expect(member.page.get_by_text("Webex had a problem")).to_be_visible()
        found += looked_at(member.page, name)
    expect(member.page.get_by_role("button", name="Send again")).to_be_visible()
    assert not found, report(found)


def test_at_400_percent_the_conversation_keeps_most_of_the_window(new_window: NewWindow) -> None:
    member = Member(new_window(viewport=ZOOMED).new_page()).enters()
    assert member.scroll.evaluate("element => element.clientHeight") > ZOOMED["height"] / 2
    member.writes("Written at 400 %").reads("Written at 400 %")
    member.composer.scroll_into_view_if_needed()
    expect(member.composer).to_be_in_viewport(ratio=1)
