"""SITE_NAME, SITE_LOGO, SITE_COLOR: the pages of both services are the site's own."""

import re
from pathlib import Path
from typing import Any

import pytest

from app_service.settings import Settings
from common.settings.environment import SettingsError
from harness.browser_like import Answer
from tests.conftest import MakeSite

SVG = (
    '<?xml version="1.0"?>\n<!-- ours -->\n<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>'
)
FIRST_BYTES = {
    "png": b"\x89PNG\r\n\x1a\n",
    "jpg": b"\xff\xd8\xff\xe0",
    "webp": b"RIFF\x00\x00\x00\x00WEBP",
    "svg": SVG.encode(),
}
PAGES = ("/", "/login?scope=no:such", "/no/such/page")


def styles(answer: Answer) -> list[str]:
    return re.findall(r'rel="stylesheet" href="([^"]+)"', answer.text)


@pytest.mark.parametrize("kind", FIRST_BYTES)
async def test_the_logo_is_on_the_pages_of_both_services_and_served_by_the_site(
    make_site: MakeSite, tmp_path: Path, kind: str
) -> None:
    logo = tmp_path / "logo"
    logo.write_bytes(FIRST_BYTES[kind])
    browser = await (await make_site(SITE_LOGO=str(logo))).browser()
    sources = {(await browser.get(path)).page.images[0] for path in PAGES}
    [source] = sources
    assert re.fullmatch(rf"/site/logo\.[0-9a-f]{{12}}\.{kind}", source)
    served = await browser.get(source, Accept="*/*")
    assert served.status == 200
    assert served.headers["Content-Type"].startswith("image/")
    assert "immutable" in served.headers["Cache-Control"]
    assert served.headers["Content-Security-Policy"].endswith("; sandbox")
    assert served.headers["X-Content-Type-Options"] == "nosniff"
    # The policy of the pages has not changed for it.
    assert "img-src 'self' http" in (await browser.get("/")).headers["Content-Security-Policy"]


async def test_the_name_and_the_colour_are_on_the_pages_of_both_services(
    make_site: MakeSite,
) -> None:
    browser = await (
        await make_site(SITE_NAME="Ada & Söhne <GmbH>", SITE_COLOR="#B00020")
    ).browser()
    sheets = set()
    for path in PAGES:
        answer = await browser.get(path)
        assert answer.page.title.endswith(" · Ada & Söhne <GmbH>")
        assert ("Ada & Söhne <GmbH>", "/") in answer.page.links
        assert "<GmbH>" not in answer.text
        sheets.add(styles(answer)[1])
    [sheet] = sheets
    served = await browser.get(sheet)
    assert served.headers["Content-Type"] == "text/css; charset=utf-8"
    assert "--accent: #b00020;" in served.text


async def test_without_the_settings_the_pages_look_as_they_do(make_site: MakeSite) -> None:
    browser = await (await make_site()).browser()
    home = await browser.get("/")
    assert ("Webex integration", "/") in home.page.links
    assert len(styles(home)) == 1
    assert (await browser.get("/site/logo.0123456789ab.svg")).status == 404


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"SITE_NAME": "a" * 61}, "SITE_NAME must be one line of at most 60 characters"),
        ({"SITE_CONTACT": "one\ntwo"}, "SITE_CONTACT must be one line of at most 200 characters"),
        ({"SITE_COLOR": "green"}, "SITE_COLOR must be six hexadecimal digits, as in 0b5f66"),
        ({"SITE_LOGO": "/no/such/logo"}, "SITE_LOGO cannot be read: No such file or directory"),
        ({"SITE_LOGO": __file__}, "SITE_LOGO must be an SVG, PNG, JPEG or WebP picture"),
        ({"SITE_LOGO": "/"}, "SITE_LOGO cannot be read: Is a directory"),
    ],
    ids=str,
)
def test_what_cannot_be_shown_is_refused_at_the_start(
    settings: dict[str, Any], problem: str
) -> None:
    assert_refused(settings, problem)


def test_a_picture_that_is_too_large_is_refused_at_the_start(tmp_path: Path) -> None:
    logo = tmp_path / "logo.png"
    logo.write_bytes(FIRST_BYTES["png"] + bytes(256 * 1024))
    assert_refused({"SITE_LOGO": str(logo)}, "SITE_LOGO must be a file of at most 256 kB")


def assert_refused(settings: dict[str, str], problem: str) -> None:
    trying_out = {"SANDBOX_URL": "http://localhost:8090", "SESSION_KEYS": "insecure-" + "k" * 32}
    with pytest.raises(SettingsError) as refused:
        Settings.read({**trying_out, **settings})
    assert refused.value.problems == (problem,)
