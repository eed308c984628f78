"""A mistake in somebody's own handler: easy to see on the own machine, and no value seen elsewhere."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from aiohttp import web

from app_service import routes
from common.telemetry.logs import JsonLines
from common.telemetry.mistakes import masked
from harness.site import SESSION_KEY
from tests.conftest import MakeSite
from tests.failure_answers import failure_page

TITLE = "Something went wrong"
ACCESS_TOKEN = "ZDI3MGEyYzQtNmFlNS00NDNhLWFlNzAtZGVjNjE0MGU1OGZmZWNmZDEwN2ItYTU3_PF84_1eb65fdf-9643"
VERIFIER = "dBjftJeZ4CVP-mBUXEZdYWL6kH1vGCpVUO9BFi9wnSg"
SECRETS = {
    "an access token": (f"no answer for {ACCESS_TOKEN}", ACCESS_TOKEN),
    "a bearer token": ("Authorization: Bearer abc-short", "abc-short"),
    "an authorization code": ("https://localhost/oauth?code=Yj9aQ&state=x", "Yj9aQ"),
    "a state": ("GET /oauth?code=a&state=s3cr3t", "s3cr3t"),
    "a verifier": (f"{VERIFIER} does not fit", VERIFIER),
    "a cookie behind another": ("Cookie: theme=dark; __Host-s=1.ujgKwaL60", "ujgKwaL60"),
    "a cookie": ("Cookie: session=1.ujgKwaL60; theme=dark", "ujgKwaL60"),
    "a client secret": ("client_secret: 'letmein'", "letmein"),
    "a key of this process": (f"cannot open with {SESSION_KEY}", SESSION_KEY),
    "a hexadecimal key": ("3f786850e387550fdab836ed7e6dc881de23001b", "3f786850e387550f"),
    "an e-mail address": ("nobody is called ada@example.com", "ada@example"),
    "an encoded e-mail address": ("no /people?email=ada%40example.com", "ada%40example"),
}
LEGIBLE = (
    "'displayNam'",
    "cannot import name 'WithTokens' from 'app_service.visitor.with_token'",
    "[Errno 2] No such file or directory: '/usr/lib/python3.11/site-packages/aiohttp/web.py'",
    "unsupported operand type(s) for +: 'int' and 'NoneType'",
    "Visitor.__init__() missing 1 required positional argument: 'access_token'",
    "SESSION_IDLE_SECONDS must be a number",
    "invalid literal for int() with base 10: '12a'",
)


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """The log as it is where PUBLIC_URL is for this machine."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines(shows_mistakes=True))
    logging.getLogger("common.web").addHandler(handler)
    yield stream
    logging.getLogger("common.web").removeHandler(handler)


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A handler of somebody's own at /mine, which raises an exception with the last of these texts."""
    monkeypatch.setenv("SESSION_KEYS", SESSION_KEY)
    texts: list[str] = []

    async def mine(_: web.Request) -> web.Response:
        local = "insecure-local"
        raise KeyError(texts[-1], local[:0])

    def setup_routes(app: web.Application) -> None:
        routes.setup_routes(app)
        app.router.add_get("/mine", mine)

    monkeypatch.setattr("app_service.app.setup_routes", setup_routes)
    return texts


def mistake(written: io.StringIO) -> dict[str, Any]:
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    [line] = [line for line in lines if line["event"] == "unforeseen"]
    return dict(line)


async def test_the_log_and_the_page_say_file_line_source_kind_and_message(
    make_site: MakeSite, failing: list[str], written: io.StringIO
) -> None:
    failing.append("<b>displayNam</b>")
    browser = await (await make_site(LOCAL_DOOR="on")).browser()
    answer = await browser.get("/mine")
    page = failure_page(answer, 500, TITLE)
    line = mistake(written)
    assert line["error"] == "KeyError: ('<b>displayNam</b>', '')"
    assert line["file"] == "tests/service/test_mistakes.py"
    assert line["source"] == "raise KeyError(texts[-1], local[:0])"
    assert line["request_id"] == page.particulars["Reference"]
    for told in (line["error"], f"{line['file']}:{line['line']}", line["source"]):
        assert told in page.text
    assert "<b>" not in answer.text
    assert "insecure-local" not in answer.text + written.getvalue()


@pytest.mark.parametrize("settings", [{}, {"LOCAL_DOOR": "off"}], ids=str)
async def test_where_others_can_reach_the_door_the_page_says_nothing_of_it(
    make_site: MakeSite, failing: list[str], settings: dict[str, str]
) -> None:
    failing.append("displayNam")
    browser = await (await make_site(**settings)).browser()
    page = failure_page(await browser.get("/mine"), 500, TITLE)
    assert "KeyError" not in page.text


async def test_with_the_real_webex_the_page_says_nothing_of_it(
    make_site: MakeSite, failing: list[str]
) -> None:
    failing.append("displayNam")
    real = {"SANDBOX_URL": "", "CLIENT_ID": "insecure", "CLIENT_SECRET": "insecure"}
    browser = await (await make_site(LOCAL_DOOR="on", **real)).browser()
    page = failure_page(await browser.get("/mine"), 500, TITLE)
    assert "KeyError" not in page.text


async def test_a_program_is_told_no_more_than_elsewhere(
    make_site: MakeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def mine(_: web.Request) -> web.Response:
        raise KeyError("displayNam")

    def setup_routes(app: web.Application) -> None:
        app.router.add_get("/api/mine", mine)

    monkeypatch.setattr("app_service.app.setup_routes", setup_routes)
    browser = await (await make_site(LOCAL_DOOR="on")).browser()
    assert "displayNam" not in (await browser.get("/api/mine")).text


@pytest.mark.parametrize(("text", "secret"), SECRETS.values(), ids=SECRETS)
async def test_a_secret_in_the_message_is_masked_in_the_log_and_on_the_page(
    make_site: MakeSite, failing: list[str], written: io.StringIO, text: str, secret: str
) -> None:
    failing.append(text)
    browser = await (await make_site(LOCAL_DOOR="on")).browser()
    answer = await browser.get("/mine")
    assert "KeyError" in answer.text
    assert "•••" in answer.text
    assert secret not in answer.text
    assert secret not in written.getvalue()


@pytest.mark.parametrize("text", LEGIBLE)
def test_what_is_no_secret_stays_legible(text: str) -> None:
    assert masked(text) == text


def test_in_production_the_line_has_the_place_and_no_value() -> None:
    try:
        int("insecure-value")
    except ValueError as error:
        info = (type(error), error, error.__traceback__)
    record = logging.getLogger("common").makeRecord("common", 40, "f", 1, "unforeseen", (), info)
    text = JsonLines().format(record)
    line = json.loads(text)
    assert line["exception"] == "ValueError"
    assert line["at"].startswith("tests/service/test_mistakes.py:")
    assert "insecure-value" not in text
    assert "error" not in line


def test_a_syntax_error_at_the_start_names_the_file_and_the_line() -> None:
    try:
        compile("one = 1\ndef broken(:\n", "handlers.py", "exec")
    except SyntaxError as error:
        info = (type(error), error, error.__traceback__)
    record = logging.getLogger("gunicorn.error").makeRecord(
        "gunicorn.error", 40, "f", 1, "x", (), info
    )
    assert json.loads(JsonLines().format(record))["at"] == "handlers.py:2"
