"""Cisco's own widget on our page: the real files, started by our script, in a real browser."""

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from harness.stack import Stack
from tests.browser.axe import looked_at, report
from tests.browser.cisco_widget import CiscoWidget
from tests.browser.visitor import Visitor

SCOPES = "spark:people_read spark:all spark:kms"
SPACE = "Y2lzY29zcGFyazovL3VzL1JPT00vYmZlMGQyNDUtYTQ3ZS01YjZhLWI5N2QtNTA2YTAxNjQ2ZDU4"
CLIENT = {"client_id": "insecure-client", "client_secret": "insecure-client-secret"}
START = "Start Cisco's widget"


@pytest.fixture(scope="module")
def webex() -> Iterator[str]:
    """A sandbox that plays the real Webex: the services do not know what it is."""
    with Stack(only=["webex_sandbox"]) as stack:
        yield stack.sandbox_url


@pytest.fixture(scope="module")
def stack(webex: str) -> Iterator[Stack]:
    stack = Stack(
        CLIENT_ID=CLIENT["client_id"],
        CLIENT_SECRET=CLIENT["client_secret"],
        WEBEX_API_URL=f"{webex}/v1",
        WEBEX_REVOKE_URL=f"{webex}/idb/oauth2/v1/revoke",
        SCOPES_MAX=SCOPES,
        SPACE_ID=SPACE,
        OFFICIAL_WIDGET="on",
    )
    integration = CLIENT | {"redirect_uris": [f"{stack.url}/oauth"]}
    httpx.post(f"{webex}/_sandbox/integrations", json=integration, trust_env=False)
    with stack:
        yield stack


@pytest.fixture(scope="module")
def cisco(tmp_path_factory: pytest.TempPathFactory) -> CiscoWidget:
    return CiscoWidget.fetch(tmp_path_factory.mktemp("cisco"))


class Internet:
    """What the page asks of servers that are not ours."""

    def __init__(self, cisco: CiscoWidget, known: tuple[str, ...]) -> None:
        self._cisco = cisco
        self._known = known
        self.asked: list[str] = []

    def __call__(self, route: Route) -> None:
        request = route.request
        if request.url.startswith(self._known):
            route.continue_()
            return
        self.asked.append(request.url)
        file = self._cisco.file(request.url)
        cors = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "*"}
        if file is not None:
            route.fulfill(path=file, headers=cors)
        elif request.method == "OPTIONS":
            route.fulfill(status=204, headers=cors)
        else:
            route.fulfill(status=503, headers=cors, json={})


@pytest.fixture
def internet(cisco: CiscoWidget, stack: Stack, webex: str) -> Internet:
    return Internet(cisco, (stack.url, webex))


@pytest.fixture
def page(chromium: Browser, stack: Stack, internet: Internet) -> Iterator[Page]:
    window = chromium.new_context(base_url=stack.url)
    window.route("**/*", internet)
    page = window.new_page()
    visitor = Visitor(page).goes_to("/widget/official").gives_email().accepts()
    page.get_by_role("link", name="Ask Webex for it").click()
    visitor.accepts().sees("Cisco's Space widget")
    yield page
    window.close()


def test_nothing_is_loaded_and_no_token_leaves_before_the_click(
    page: Page, internet: Internet, webex: str
) -> None:
    page.reload()
    expect(page.get_by_role("button", name=START)).to_be_visible()
    assert internet.asked == []
    found = list(looked_at(page, "/widget/official"))
    assert not found, report(found)
    passed = httpx.get(f"{webex}/_sandbox/confidential", trust_env=False).json()
    assert not [token for token in passed["access_token"] if token in page.content()]


def test_the_real_widget_starts_and_begins_to_load_the_space(
    page: Page, internet: Internet, stack: Stack
) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    with (
        page.expect_request(f"{stack.url}/api/widget/token") as token,
        page.expect_request("https://u2c.wbx2.com/**"),
    ):
        page.get_by_role("button", name=START).click()
    expect(page.locator("#official-status")).to_have_text("Cisco's widget has started.")
    expect(page.locator("#webex-widget .webex-error-title").first).to_be_visible()
    answer = token.value.response()
    assert answer is not None
    assert answer.headers["cache-control"] == "no-store"
    assert {file.rpartition("/")[2] for file in internet.asked} >= {"bundle.js", "main.css"}
    assert not [text for text in complaints if "Content Security Policy" in text]


def test_a_changed_file_is_not_run(page: Page) -> None:
    cors = {"Access-Control-Allow-Origin": "*"}
    page.route("**/bundle.js", lambda route: route.fulfill(body="alert(1)", headers=cors))
    page.get_by_role("button", name=START).click()
    expect(page.locator("#official-status")).to_contain_text("are not the ones expected")


def test_a_script_without_a_hash_is_refused(page: Page) -> None:
    end = page.evaluate("""() => new Promise((resolve) => {
      const ours = document.querySelector("script[integrity]");
      const script = document.createElement("script");
      script.src = ours.src;
      script.onload = () => resolve("run");
      script.onerror = () => resolve("refused");
      document.head.append(script);
    })""")
    assert end == "refused"


def test_no_other_page_allows_what_the_widget_needs(page: Page) -> None:
    policies = {
        path: page.request.get(path).headers["content-security-policy"]
        for path in ("/", "/spaces", "/widget", "/widget/official")
    }
    official = policies.pop("/widget/official")
    assert "code.s4d.io" in official
    assert "script-src 'self' https://code.s4d.io/widget-space/archives/" in official
    assert "unsafe-eval" not in official
    for policy in policies.values():
        assert "s4d.io" not in policy
        assert "unsafe" not in policy


@pytest.mark.parametrize("headers", [{}, {"X-Requested-With": "x", "Sec-Fetch-Site": "cross-site"}])
def test_nobody_but_our_own_page_gets_the_token(page: Page, headers: dict[str, str]) -> None:
    answer = page.request.post("/api/widget/token", headers=headers)
    assert answer.status == 403
    assert "accessToken" not in answer.text()
