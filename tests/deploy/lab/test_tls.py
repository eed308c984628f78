"""A browser signs in over TLS, to containers with a certificate in nginx and https in PUBLIC_URL."""

import asyncio
import http.client
import secrets
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, sync_playwright

from harness.pages import PageText
from harness.sandbox_control import SandboxControl
from tests.browser.conftest import ARGUMENTS, executable
from tests.browser.visitor import Visitor
from tests.deploy.lab import certificate
from tests.system.compose.project import Project, has_engine, project

pytestmark = pytest.mark.skipif(not has_engine(), reason="no Docker engine answers")

SITE = "https://app.example.test:18443"
WEBEX = "https://webex.example.test:18443"
FILES = (
    *("--file", "docker-compose.yml"),
    *("--file", "deploy/docker-compose.tls.yml"),
    *("--file", "tests/deploy/lab/docker-compose.tls.yml"),
)
CLIENT = {"client_id": "insecure-client", "client_secret": "insecure-client-secret"}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return certificate.make(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def site(files: tuple[Path, Path]) -> Iterator[Project]:
    settings = {
        # A slash too much, as people type it.
        "PUBLIC_URL": f"{SITE}/",
        "CLIENT_ID": CLIENT["client_id"],
        "CLIENT_SECRET": CLIENT["client_secret"],
        "WEBEX_API_URL": f"{WEBEX}/v1",
        "WEBEX_REVOKE_URL": f"{WEBEX}/idb/oauth2/v1/revoke",
        # With https a key that calls itself insecure is refused.
        "SESSION_KEYS": secrets.token_urlsafe(32),
        "AUTH_REDIS_PASSWORD": "insecure-auth",
        "APP_REDIS_PASSWORD": "insecure-app",
        "TLS_CERTIFICATE_FILE": str(files[0]),
        "TLS_KEY_FILE": str(files[1]),
    }
    with project(FILES, **settings) as running:
        running.up("--build")
        asyncio.run(
            SandboxControl("http://localhost:18090").register(
                **CLIENT, redirect_uris=[f"{SITE}/oauth"]
            )
        )
        yield running


@pytest.fixture
def window(site: Project) -> Iterator[BrowserContext]:
    assert site
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=executable(),
            args=[*ARGUMENTS, "--host-resolver-rules=MAP *.example.test 127.0.0.1"],
        )
        # The certificate is self-made; what else a browser demands of https, it still does.
        yield chromium.new_context(base_url=SITE, ignore_https_errors=True)
        chromium.close()


def test_a_browser_signs_in_over_tls_and_out_again(window: BrowserContext) -> None:
    visitor = Visitor(window.new_page()).signs_in("grace@example.com")
    visitor.is_greeted_as("Grace Hopper")
    assert visitor.page.url == f"{SITE}/"
    (session,) = [each for each in window.cookies(SITE) if each["name"] == "__Host-Http-session"]
    assert (session["secure"], session["httpOnly"], session["path"]) == (True, True, "/")
    visitor.signs_out().is_signed_out()
    assert "__Host-Http-session" not in {each["name"] for each in window.cookies(SITE)}


@contextmanager
def asked(connection: http.client.HTTPConnection, path: str) -> Iterator[http.client.HTTPResponse]:
    try:
        connection.request("GET", path, headers={"Host": "evil.example"})
        yield connection.getresponse()
    finally:
        connection.close()


def over_tls(files: tuple[Path, Path]) -> http.client.HTTPSConnection:
    context = ssl.create_default_context(cafile=str(files[0]))
    # The names are known to the browser and inside only.
    context.check_hostname = False
    return http.client.HTTPSConnection("localhost", 18443, context=context)


@pytest.mark.parametrize("path", ["/", "/login?next=/", "/api/me", "/none", "/static/none"])
@pytest.mark.usefixtures("site")
def test_every_answer_over_tls_tells_the_browser_to_stay_there(
    files: tuple[Path, Path], path: str
) -> None:
    with asked(over_tls(files), path) as answer:
        assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
        assert "evil" not in answer.headers.get("Location", "")


@pytest.mark.usefixtures("site")
def test_plain_http_leads_to_https_and_nowhere_else() -> None:
    with asked(http.client.HTTPConnection("localhost", 18080), "/spaces?a=b") as answer:
        assert answer.status == 308
        assert answer.headers["Location"] == f"{SITE}/spaces?a=b"


def bad_request(connection: http.client.HTTPConnection) -> None:
    connection.putrequest("GET", "/")
    connection.putheader("Bad Name", "x")
    connection.endheaders()


def large_body(connection: http.client.HTTPConnection) -> None:
    connection.putrequest("POST", "/")
    connection.putheader("Content-Length", "70000")
    connection.endheaders()


def to_the_wrong_port(connection: http.client.HTTPConnection) -> None:
    connection.port = 18443
    connection.request("GET", "/")


@pytest.mark.parametrize(
    ("act", "status"), [(bad_request, 400), (large_body, 413), (to_the_wrong_port, 400)]
)
@pytest.mark.usefixtures("site")
def test_what_is_refused_before_tls_has_a_page_and_its_protection(
    act: Callable[[http.client.HTTPConnection], None], status: int
) -> None:
    connection = http.client.HTTPConnection("localhost", 18080)
    act(connection)
    answer = connection.getresponse()
    page = PageText.of(answer.read().decode())
    connection.close()
    assert answer.status == status
    assert page.heading
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.usefixtures("site")
def test_old_tls_is_not_spoken(files: tuple[Path, Path]) -> None:
    connection = over_tls(files)
    with pytest.warns(DeprecationWarning, match="TLS"):
        connection._context.maximum_version = ssl.TLSVersion.TLSv1_1  # type: ignore[attr-defined]  # noqa: SLF001
    with pytest.raises(ssl.SSLError), asked(connection, "/healthz"):
        pass


def test_the_services_talk_to_webex_by_a_certificate_that_they_trust(
    site: Project, window: BrowserContext
) -> None:
    Visitor(window.new_page()).signs_in().is_greeted_as("Ada Lovelace")
    assert '"endpoint":"access_token","outcome":"2xx"' in site.logs("auth_service")
