"""Files pass through the service: saved, never run, and only Webex is asked with the token."""

import asyncio
import base64
import gzip
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from app_service.space.files import Files, file_name
from harness.eventually import LONGEST_SECONDS
from harness.site import Site
from tests.conftest import MakeSite
from tests.member import Member
from webex_sandbox.ids import stable_uuid, webex_id


async def test_a_file_is_listed_by_name_and_downloaded_whole(site: Site) -> None:
    ada = await Member.enter(site)
    page = (await ada.browser.get("/widget")).page
    (href,) = [href for label, href in page.links if label == "agenda.txt"]
    answer = await ada.browser.get(href)
    assert answer.text.startswith("1. Who are we\n")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="agenda.txt"'


async def test_a_file_is_saved_and_never_run(site: Site) -> None:
    ada = await Member.enter(site)
    script = {"file_name": "x.html", "file_type": "text/html", "file_text": "<script>"}
    message_id = await site.sandbox.say("look", **script)
    answer = await ada.browser.get(f"/widget/files/{message_id}/0")
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["{}/1", "nothing/0", "{}/99"])
async def test_a_file_that_is_not_there_gets_a_page(site: Site, path: str) -> None:
    ada = await Member.enter(site)
    message_id = await site.sandbox.say("look", file_name="a.txt", file_text="a")
    answer = await ada.browser.get(f"/widget/files/{path.format(message_id)}")
    assert (answer.status, answer.page.heading) == (404, "This is not in the space")


async def test_a_file_whose_name_is_no_text_keeps_nobody_from_the_space(site: Site) -> None:
    """A byte that is no UTF-8 comes as half of a surrogate pair, which no page can hold."""
    ada = await Member.enter(site)
    message_id = await site.sandbox.say("look", file_name="a.txt", file_text="a")
    name = "attachment; filename*=raw_unicode_escape''caf%5Cudce9.txt"
    headers = {"Content-Disposition": name}
    await site.sandbox.fault(
        "HEAD /v1/contents/{content_id}", status=200, body="a", headers=headers
    )
    page = (await ada.browser.get("/widget")).page
    assert [href for label, href in page.links if label == "caf.txt"] != []
    assert (await ada.browser.get(f"/widget/files/{message_id}/0")).status == 200


async def test_a_file_that_is_kept_packed_comes_whole(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is unpacked on the way: the length that was announced is that of less."""
    ada = await Member.enter(site)
    text = "a line of text\n" * 1000
    message_id = await site.sandbox.say("look", file_name="a.txt", file_text=text)
    prepare = web.Response.prepare

    async def packed(answer: web.Response, request: web.BaseRequest) -> Any:
        if request.path.startswith("/v1/contents/") and request.method == "GET":
            answer.body = gzip.compress(text.encode())
            answer.headers["Content-Encoding"] = "gzip"
        return await prepare(answer, request)

    monkeypatch.setattr(web.Response, "prepare", packed)
    assert (await ada.browser.get(f"/widget/files/{message_id}/0")).text == text


async def test_downloads_are_limited_for_a_person_whatever_session_they_are_of(
    make_site: MakeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = await make_site(DOWNLOADS_PER_PERSON="2")
    ada, elsewhere = await Member.enter(site), await Member.enter(site)
    grace = await Member.enter(site, "grace@example.com")
    message_id = await site.sandbox.say("look", file_name="a.txt", file_text="a")
    path = f"/widget/files/{message_id}/0"
    under_way: asyncio.Queue[None] = asyncio.Queue()
    goes_on = asyncio.Event()
    prepare = web.Response.prepare

    async def slow(answer: web.Response, request: web.BaseRequest) -> Any:
        if request.path.startswith("/v1/contents/") and request.method == "GET":
            under_way.put_nowait(None)
            await goes_on.wait()
        return await prepare(answer, request)

    monkeypatch.setattr(web.Response, "prepare", slow)
    async with asyncio.TaskGroup() as group:
        started = [group.create_task(who.browser.get(path)) for who in (ada, elsewhere)]
        for _ in started:
            await under_way.get()
        try:
            # Let through, it would wait for ever.
            async with asyncio.timeout(LONGEST_SECONDS):
                refused = await ada.browser.get(path)
            assert (refused.status, refused.page.heading) == (429, "Too many downloads at once")
            started.append(group.create_task(grace.browser.get(path)))
            await under_way.get()
        finally:
            goes_on.set()
    assert [task.result().text for task in started] == ["a", "a", "a"]
    assert (await ada.browser.get(path)).status == 200


async def test_a_file_of_another_space_is_not_handed_out(site: Site) -> None:
    ada = await Member.enter(site)
    room_id = webex_id("ROOM", stable_uuid("demo room 0"))
    message_id = await site.sandbox.say("x", room_id=room_id, file_name="a.txt", file_text="a")
    assert (await ada.browser.get(f"/widget/files/{message_id}/0")).status == 404


@pytest.mark.parametrize(
    ("status", "expected", "code"),
    [(423, 503, "checked"), (410, 403, "hand"), (428, 403, "hand"), (404, 404, "not in the space")],
)
async def test_a_file_that_webex_withholds_gets_a_page_that_says_so(
    site: Site, status: int, expected: int, code: str
) -> None:
    ada = await Member.enter(site)
    message_id = await site.sandbox.say("look", file_name="a.txt", file_text="a")
    await site.sandbox.fault("GET /v1/contents/{content_id}", status=status)
    answer = await ada.browser.get(f"/widget/files/{message_id}/0")
    assert answer.status == expected
    assert code in answer.page.text


async def test_who_is_not_in_the_space_gets_no_file(site: Site) -> None:
    await Member.enter(site)
    message_id = await site.sandbox.say("look", file_name="a.txt", file_text="a")
    alan = await Member.sign_in(site, "katherine@example.com")
    assert (await alan.browser.get(f"/widget/files/{message_id}/0")).status == 404


async def test_the_token_goes_to_no_address_but_webexs() -> None:
    async with aiohttp.ClientSession() as http:
        files = Files(http, "https://webexapis.com/v1")
        assert files.is_ours("https://webexapis.com/v1/contents/abc")
        for url in (
            "http://webexapis.com/v1/contents/abc",
            "https://webexapis.com.example.net/v1/contents/abc",
            "https://webexapis.com@example.net/v1/contents/abc",
            "https://user@webexapis.com/v1/contents/abc",
            "https://webexapis.com:8443/v1/contents/abc",
            "//webexapis.com/v1/contents/abc",
            "/v1/contents/abc",
            "https://webexapis.com/v1/\r\nX: y",
            "https://webexapis.com\\@example.net/",
            "file:///etc/passwd",
            "",
        ):
            assert not files.is_ours(url), url


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ('attachment; filename="plan.pdf"', "plan.pdf"),
        ("attachment; filename*=UTF-8''%C3%A9t%C3%A9.txt", "été.txt"),
        ('attachment; filename="../../etc/passwd"', "etcpasswd"),
        ("attachment; filename*=UTF-8''a%E2%80%AEfdp.exe", "afdp.exe"),
        ("attachment; filename*=UTF-8''a%0D%0AX-Evil%3A1", "aX-Evil1"),
        (f'attachment; filename="{"a" * 400}.txt"', "a" * 146 + ".txt"),
        ("attachment", "File"),
        (None, "File"),
        ("rubbish;;;===", "File"),
    ],
)
def test_a_files_name_is_fit_to_be_shown_and_saved(header: str | None, name: str) -> None:
    assert file_name(header) == name


PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


async def sent(ada: Member, name: str, content: bytes) -> str:
    data = aiohttp.FormData()
    data.add_field("size", str(len(content)))
    data.add_field("file", content, filename=name)
    cookie = "; ".join(f"{name}={value}" for name, value in ada.browser.cookies.items())
    headers = {"X-Requested-With": "widget", "Cookie": cookie}
    url = f"{ada.site.app_urls[0]}/api/space/files"
    async with (
        aiohttp.ClientSession() as http,
        http.post(url, data=data, headers=headers) as answer,
    ):
        return str((await answer.json())["id"])


async def test_a_picture_is_shown_by_its_first_bytes_and_never_run(site: Site) -> None:
    ada = await Member.enter(site)
    path = f"/widget/files/{await sent(ada, 'dot.png', PNG)}/0/picture"
    cookie = "; ".join(f"{name}={value}" for name, value in ada.browser.cookies.items())
    async with (
        aiohttp.ClientSession() as http,
        http.get(ada.site.app_urls[0] + path, headers={"Cookie": cookie}) as answer,
    ):
        assert await answer.read() == PNG
        assert answer.content_type == "image/png"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"].startswith("private")


@pytest.mark.parametrize("content", [b"<svg onload=alert(1)>", b"<script>", b""])
async def test_what_is_no_picture_is_not_shown(site: Site, content: bytes) -> None:
    ada = await Member.enter(site)
    message_id = await sent(ada, "lie.png", content)
    assert (await ada.browser.get(f"/widget/files/{message_id}/0/picture")).status == 404
    saved = await ada.browser.get(f"/widget/files/{message_id}/0")
    assert saved.headers["Content-Type"] == "application/octet-stream"
    assert saved.text == content.decode()
