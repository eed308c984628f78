"""Own changes are live under `make run`: a saved file is what the next request gets."""

import re
from collections.abc import AsyncIterator, Iterator
from functools import partial
from http import HTTPStatus

import pytest

from harness.browser_like import Browser
from harness.eventually import eventually
from tests.system.bare_machine import install_the_packages
from tests.system.make_run import READY, MakeRun, make_run
from tests.walkthrough import Copy

ROUTES = "app_service/routes.py"
HANDLERS = "app_service/handlers.py"
FAILURES = "common/failures.py"
OWN_ROUTES = """

_setup = setup_routes


def setup_routes(app):
    _setup(app)
    app.router.add_get("/hello", handlers.hello)
"""
GREETING = "app_service/templates/greeting.html"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeRun]:
    """`make run` in a copy of the project, where a test may type."""
    folder = Copy(tmp_path_factory.mktemp("project")).folder
    install_the_packages(folder)
    with make_run(folder=folder) as started:
        started.wait_for(READY)
        yield started


@pytest.fixture
async def browser(running: MakeRun) -> AsyncIterator[Browser]:
    """Somebody who is signed in before anything is changed."""
    url = f"http://localhost:{running.ports.door}"
    async with Browser(url, lambda _: url) as opened:
        await opened.sign_in()
        await greeting_becomes(opened, "So happy to meet")
        yield opened


@pytest.fixture
async def kept(running: MakeRun, browser: Browser) -> AsyncIterator[None]:
    """Every file is as it was when a test is over, and taken over: nobody reads what the next one writes."""
    names = (HANDLERS, ROUTES, GREETING, "common/static/site.css", FAILURES)
    before = {name: (running.folder / name).read_text() for name in names}
    yield
    for name, text in before.items():
        if (running.folder / name).read_text() != text:
            (running.folder / name).write_text(text)
    await eventually(partial(as_before, browser))


async def as_before(browser: Browser) -> bool:
    """Whether no page shows any more what a test here has changed."""
    home, nowhere = await browser.get("/"), await browser.get("/nowhere")
    return (
        "So happy to meet" in home.text
        and "There is no such page" in nowhere.text
        and (await browser.get("/hello")).status == HTTPStatus.NOT_FOUND
        and ".mine" not in (await browser.get(sheet_of(home.text))).text
    )


def sheet_of(page: str) -> str:
    """The address of the style sheet that a page asks for."""
    found = re.search(r'/static/site\.[^"]+', page)
    assert found, page
    return found[0]


def change(running: MakeRun, name: str, before: str, after: str) -> None:
    file = running.folder / name
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after))


async def greeting_becomes(browser: Browser, text: str) -> None:
    """The page changes, and whoever is signed in stays it; nobody is told that a part is down."""

    async def changed() -> bool:
        page = await browser.visit("/")
        assert page.status == 200
        return text in page.text and "Ada Lovelace" in page.text

    await eventually(changed)


@pytest.mark.usefixtures("kept")
async def test_a_saved_template_is_the_next_page(running: MakeRun, browser: Browser) -> None:
    change(running, GREETING, "So happy to meet", "So glad to meet")
    await greeting_becomes(browser, "So glad to meet")


@pytest.mark.usefixtures("kept")
async def test_saved_python_answers_the_next_request(running: MakeRun, browser: Browser) -> None:
    own = "\n\nasync def hello(request: web.Request) -> web.Response:\n    return web.Response(text='mine')\n"
    (running.folder / HANDLERS).write_text((running.folder / HANDLERS).read_text() + own)
    routes = running.folder / ROUTES
    routes.write_text(routes.read_text() + OWN_ROUTES)

    async def there() -> bool:
        return (await browser.get("/hello")).text == "mine"

    await eventually(there)


@pytest.mark.usefixtures("kept")
async def test_a_saved_style_sheet_is_what_the_next_page_asks_for(
    running: MakeRun, browser: Browser
) -> None:
    file = running.folder / "common/static/site.css"
    file.write_text(file.read_text() + "\n.mine { color: red; }\n")

    async def there() -> bool:
        page = await browser.visit("/")
        return ".mine" in (await browser.get(sheet_of(page.text))).text

    await eventually(there)


@pytest.mark.usefixtures("kept")
async def test_what_both_services_share_is_taken_over_by_both(
    running: MakeRun, browser: Browser
) -> None:
    change(running, FAILURES, "There is no such page", "There is no such place")

    async def changed() -> bool:
        page = await browser.visit("/nowhere")
        assert page.status == HTTPStatus.NOT_FOUND
        return "There is no such place" in page.text

    await eventually(changed)
    assert "Ada Lovelace" in (await browser.visit("/")).text


@pytest.mark.usefixtures("kept")
async def test_a_typo_is_named_with_its_line_and_the_page_goes_on(
    running: MakeRun, browser: Browser
) -> None:
    file = running.folder / HANDLERS
    count = len(file.read_text().splitlines())
    file.write_text(file.read_text() + "def broken(:\n")
    said = running.wait_for("SyntaxError")
    assert said.startswith(f"{HANDLERS}:{count + 1}: SyntaxError: ")
    assert running.wait_for("def broken")
    assert (await browser.visit("/")).status == 200


@pytest.mark.usefixtures("kept")
async def test_a_service_that_cannot_start_any_more_comes_back_with_the_next_file(
    running: MakeRun, browser: Browser
) -> None:
    before = (running.folder / HANDLERS).read_text()
    (running.folder / HANDLERS).write_text(before + "import no_such_thing\n")
    running.wait_for("app_service starts again when its code is saved.")
    (running.folder / HANDLERS).write_text(before)

    async def back() -> bool:
        return (await browser.visit("/")).status == 200

    await eventually(back)
    assert "Ada Lovelace" in (await browser.visit("/")).text
