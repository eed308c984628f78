"""What the README says about putting your own code in: done to the letter."""

import re
from pathlib import Path

import pytest
from aiohttp import web

from app_service import handlers, routes
from tests.conftest import MakeSite

README = Path(__file__).parents[2] / "README.md"
PYTHON = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def steps() -> tuple[str, str]:
    """The handler and the route, as they are printed there."""
    chapter = README.read_text(encoding="utf-8").split("## Step 3: your logic")[1]
    handler, route = PYTHON.findall(chapter.split("\n## ")[0])
    return handler, route


@pytest.fixture
def your_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the README's code where it says; afterwards it is gone again."""
    handler, route = steps()
    monkeypatch.setattr(handlers, "hello", None, raising=False)

    def setup_routes(app: web.Application) -> None:
        routes.setup_routes(app)
        exec(route, {"app": app, "handlers": handlers})  # noqa: S102 - the README's own line

    exec(handler, vars(handlers))  # noqa: S102
    monkeypatch.setattr("app_service.app.setup_routes", setup_routes)


@pytest.mark.usefixtures("your_page")
async def test_your_own_page_knows_who_is_signed_in(make_site: MakeSite) -> None:
    browser = await (await make_site()).browser()
    await browser.sign_in("ada@example.com")
    page = await browser.get("/hello")
    assert (page.status, page.text) == (200, "My own logic knows Ada Lovelace.")


@pytest.mark.usefixtures("your_page")
async def test_who_is_signed_out_comes_back_to_your_page_after_the_sign_in(
    make_site: MakeSite,
) -> None:
    browser = await (await make_site()).browser()
    start = await browser.get((await browser.get("/hello")).location)
    signed_in = await browser.get(await browser.at_webex(start.location))
    assert signed_in.location == f"{browser.public_url}/hello"
