"""Static files: under names that change with their content, written once for the proxy."""

import json
import re
from pathlib import Path

import pytest

from common.web.assets import Assets, main
from harness.pages import PageText


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "static"
    (folder / "img").mkdir(parents=True)
    (folder / "site.css").write_text("a{}", encoding="utf-8")
    (folder / "img" / "logo.svg").write_text("<svg/>", encoding="utf-8")
    return folder


def test_a_name_changes_exactly_with_the_content(source: Path) -> None:
    before = Assets([source]).path("site.css")
    assert re.fullmatch(r"/static/site\.[0-9a-f]{12}\.css", before)
    assert Assets([source]).path("site.css") == before
    (source / "site.css").write_text("b{}", encoding="utf-8")
    assert Assets([source]).path("site.css") != before


def test_files_are_written_where_pages_ask_for_them(source: Path, tmp_path: Path) -> None:
    assets = Assets([source])
    assets.write(tmp_path / "out")
    for name in ("site.css", "img/logo.svg"):
        written = tmp_path / "out" / assets.path(name).lstrip("/")
        assert written.read_bytes() == (source / name).read_bytes()


def test_a_browser_can_check_a_file_by_its_hash(source: Path) -> None:
    # echo -n 'a{}' | openssl dgst -sha384 -binary | base64
    digest = "m4Zcd9m9Kerya2aMKZ9CuL1yv7QLjdpmEo79GaQCk1uO2U4trsxWuyqSJsOzpOru"
    assert Assets([source]).integrity("site.css") == f"sha384-{digest}"


def test_a_page_that_asks_for_an_unknown_file_fails_at_once(source: Path) -> None:
    with pytest.raises(KeyError):
        Assets([source]).path("absent.css")


def test_a_folder_that_this_image_lacks_is_passed_over(source: Path, tmp_path: Path) -> None:
    assert Assets([tmp_path / "absent", source]).path("site.css")


def test_the_command_writes_assets_and_the_proxys_own_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["assets", str(tmp_path)])
    main()
    assert (tmp_path / Assets().path("site.css").lstrip("/")).is_file()
    for status in (400, 404, 405, 408, 413, 414, 429, 431, 500, 502, 503, 504):
        html = (tmp_path / "errors" / f"{status}.html").read_text(encoding="utf-8")
        page = PageText.of(html)
        assert page.heading
        assert page.particulars["HTTP status"] == str(status)
        assert Assets().path("site.css") in html
        body = json.loads((tmp_path / "errors" / f"{status}.json").read_text(encoding="utf-8"))
        assert body["status"] == status
