"""A person's file goes into the space as it comes: counted on the way, with their token, and once."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from aiohttp import BodyPartReader, FormData, web
from yarl import URL

from app_service.space import uploads
from app_service.space.files import MAX_FILE_BYTES
from app_service.visitor import send_once
from harness.browser_like import Answer
from harness.eventually import LONGEST_SECONDS, eventually
from harness.site import Site
from tests.conftest import MakeSite
from tests.member import Member
from webex_sandbox import bodies
from webex_sandbox.space import drafts

FILES = "/api/space/files"
POST = "POST /v1/messages"
REFRESH = "POST /v1/access_token"
OURS = {"X-Requested-With": "widget", "Sec-Fetch-Site": "same-origin"}
MEGABYTE = 1024 * 1024


def form(
    content: Any = b"hello", name: str = "sent.txt", size: int | None = None, **fields: str
) -> FormData:
    """As the page's script sends it: the file last."""
    data = FormData(quote_fields=False)
    said = len(content) if size is None else size
    for field, value in {"size": str(said), **fields}.items():
        data.add_field(field, value)
    data.add_field("file", content, filename=name, content_type="text/plain")
    return data


async def send(member: Member, data: FormData, **headers: str) -> Answer:
    cookie = "; ".join(f"{n}={v}" for n, v in member.browser.cookies.items())
    async with (
        aiohttp.ClientSession() as http,
        http.post(
            URL(member.site.app_urls[0] + FILES),
            data=data,
            headers={**OURS, "Cookie": cookie, **headers},
        ) as answer,
    ):
        return Answer(answer.status, answer.headers, await answer.text())


async def download(member: Member, message_id: str) -> Answer:
    return await member.browser.get(f"/widget/files/{message_id}/0")


async def test_a_file_arrives_whole_with_its_name_its_words_and_its_thread(site: Site) -> None:
    ada = await Member.enter(site)
    parent = (await ada.write("A question")).json()["id"]
    answer = await send(
        ada, form(b"x" * MEGABYTE, "r\u00e9sum\u00e9.txt", markdown="**Here**", parentId=parent)
    )
    assert answer.status == 200, answer.text
    said = answer.json()
    assert said["parentId"] == parent
    assert "<strong>Here</strong>" in said["html"]
    assert "r\u00e9sum\u00e9.txt" in said["html"]
    assert (await download(ada, said["id"])).text == "x" * MEGABYTE


async def test_a_file_needs_no_words(site: Site) -> None:
    ada = await Member.enter(site)
    assert (await send(ada, form())).status == 200


@pytest.mark.parametrize(
    ("name", "kept"),
    [("../../etc/passwd", "....etcpasswd"), ("a\u202egnp.exe", "agnp.exe"), ("a\tb.txt", "ab.txt")],
)
async def test_a_files_name_leads_nowhere_and_lies_to_nobody(
    site: Site, name: str, kept: str
) -> None:
    ada = await Member.enter(site)
    answer = await send(ada, form(name=name))
    assert answer.status == 200
    assert f"<bdi>{kept.strip('.')}</bdi>" in answer.json()["html"]


@pytest.mark.parametrize("headers", [{"X-Requested-With": ""}, {"Sec-Fetch-Site": "cross-site"}])
async def test_only_our_own_script_can_send_a_file(site: Site, headers: dict[str, str]) -> None:
    ada = await Member.enter(site)
    answer = await send(ada, form(), **headers)
    assert (answer.status, answer.json()["code"]) == (403, "cross_site")
    assert await site.sandbox.calls(POST) == 0


async def test_a_file_of_somebody_else_who_has_signed_in_is_not_sent(site: Site) -> None:
    ada = await Member.enter(site)
    answer = await send(ada, form(writer="somebody"))
    assert (answer.status, answer.json()["code"]) == (409, "somebody_else")
    assert await site.sandbox.calls(POST) == 0


async def test_a_file_over_webexs_limit_is_refused_before_it_comes(site: Site) -> None:
    ada = await Member.enter(site)
    answer = await send(ada, form(size=MAX_FILE_BYTES + 1))
    assert (answer.status, answer.json()["code"]) == (413, "file_over_limit")
    assert await site.sandbox.calls(POST) == 0


@pytest.mark.parametrize("said", [4, 6])
async def test_another_size_than_was_said_sends_nothing(site: Site, said: int) -> None:
    ada = await Member.enter(site)
    answer = await send(ada, form(b"hello", size=said))
    assert (answer.status, answer.json()["code"]) == (400, "upload_broken")
    page = (await ada.browser.get("/widget")).page
    assert "sent.txt" not in page.text


async def test_what_is_no_form_with_a_file_is_refused(site: Site) -> None:
    ada = await Member.enter(site)
    odd_size = FormData({"size": "five"})
    odd_size.add_field("file", b"hello", filename="sent.txt")
    without_file = FormData({"size": "5"})
    without_file.add_field("other", b"hello", filename="sent.txt")
    for data in (odd_size, without_file, FormData({"size": "5"})):
        answer = await send(ada, data)
        assert (answer.status, answer.json()["code"]) == (400, "bad_request")
    assert await site.sandbox.calls(POST) == 0


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (413, "file_over_limit"),
        (415, "file_not_taken"),
        (423, "webex_locked"),
        (403, "may_not_write"),
    ],
)
async def test_what_webex_says_about_a_file_is_said_well(
    site: Site, status: int, code: str
) -> None:
    ada = await Member.enter(site)
    await site.sandbox.fault(POST, status=status)
    assert (await send(ada, form())).json()["code"] == code


async def test_two_files_of_a_person_go_at_once_and_a_third_is_told_to_wait(site: Site) -> None:
    ada, elsewhere = await Member.enter(site), await Member.enter(site)
    goes_on = asyncio.Event()
    begun: asyncio.Queue[None] = asyncio.Queue()

    async def slowly() -> AsyncIterator[bytes]:
        yield b"he"
        begun.put_nowait(None)
        await goes_on.wait()
        yield b"llo"

    async with asyncio.TaskGroup() as group:
        started = [group.create_task(send(who, form(slowly(), size=5))) for who in (ada, elsewhere)]
        try:
            async with asyncio.timeout(LONGEST_SECONDS):
                await begun.get()
                await begun.get()
                while (refused := await send(ada, form())).status == 200:
                    pass
            assert (refused.status, refused.json()["code"]) == (429, "too_many_uploads")
        finally:
            goes_on.set()
    assert [task.result().status for task in started] == [200, 200]
    assert (await send(ada, form())).status == 200


async def test_a_person_who_leaves_half_way_sends_nothing_and_frees_the_place(site: Site) -> None:
    ada = await Member.enter(site)
    gone = asyncio.Event()

    async def breaks_off() -> AsyncIterator[bytes]:
        yield b"x" * MEGABYTE
        gone.set()
        raise ConnectionResetError

    for _ in range(3):
        with pytest.raises((aiohttp.ClientError, ConnectionResetError)):
            await send(ada, form(breaks_off(), size=2 * MEGABYTE))
        assert gone.is_set()

    async def sent() -> bool:
        return (await send(ada, form(markdown="At last"))).status == 200

    await eventually(sent)
    page = (await ada.browser.get("/widget")).page
    assert page.text.count("sent.txt") == 1


async def test_a_token_that_ends_within_a_quarter_of_an_hour_is_renewed_before(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(send_once, "SETTLE_SECONDS", 0)
    await site.sandbox.policy(access_token_seconds=800)
    ada = await Member.enter(site)
    before = await site.sandbox.calls(REFRESH)
    assert (await send(ada, form())).status == 200
    assert await site.sandbox.calls(REFRESH) == before + 1


async def test_a_401_renews_the_token_and_asks_to_send_the_file_again(site: Site) -> None:
    ada = await Member.enter(site)
    await site.sandbox.fault(POST, status=401, times=1)
    answer = await send(ada, form())
    assert (answer.status, answer.json()["code"]) == (503, "send_again")
    assert (await send(ada, form())).status == 200
    assert await site.sandbox.calls(POST) == 2


async def test_a_file_is_passed_on_while_it_still_comes(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = await Member.enter(site)
    at_webex = asyncio.Event()
    read_parts = bodies.read_parts

    async def told(request: web.Request) -> AsyncIterator[tuple[BodyPartReader, bytes]]:
        async def enough() -> bool:
            # As much as is taken in before anybody reads, and more than the form's fields.
            return request.content.total_bytes > 50_000

        await eventually(enough)
        at_webex.set()
        async for each in read_parts(request):
            yield each

    async def halves() -> AsyncIterator[bytes]:
        yield b"x" * 2 * MEGABYTE
        await at_webex.wait()
        yield b"x" * 2 * MEGABYTE

    monkeypatch.setattr(drafts, "read_parts", told)
    async with asyncio.timeout(LONGEST_SECONDS):
        assert (await send(ada, form(halves(), size=4 * MEGABYTE))).status == 200


def plain_form(content: bytes = b"hello", name: str = "sent.txt", **fields: str) -> FormData:
    """As a browser without a script sends the page's form: no size, the file last."""
    data = FormData(quote_fields=False)
    for field, value in {"markdown": "", **fields}.items():
        data.add_field(field, value, content_type="text/plain")
    data.add_field("file", content, filename=name, content_type="text/plain")
    return data


async def send_plainly(
    member: Member, data: FormData, site: str = "same-origin", page: str = "/widget"
) -> Answer:
    cookie = "; ".join(f"{n}={v}" for n, v in member.browser.cookies.items())
    headers = {"Cookie": cookie, "Sec-Fetch-Site": site}
    url = URL(f"{member.site.app_urls[0]}{page}/files", encoded=True)
    async with (
        aiohttp.ClientSession() as http,
        http.post(url, data=data, headers=headers, allow_redirects=False) as answer,
    ):
        return Answer(answer.status, answer.headers, await answer.text())


@pytest.mark.parametrize("content", [b"x", b"x" * MEGABYTE, b"\r\n--\r\n" * 40_000])
async def test_a_form_without_a_script_sends_a_file_whole(site: Site, content: bytes) -> None:
    ada = await Member.enter(site)
    answer = await send_plainly(ada, plain_form(content, markdown="**a**\r\nb"))
    assert (answer.status, answer.location) == (303, "/widget#end")
    [*_, said] = (await ada.browser.get("/api/space/messages")).json()["items"]
    assert "<strong>a</strong>" in said["html"]
    assert (await download(ada, said["id"])).text.encode() == content


@pytest.mark.parametrize(
    ("status", "words"),
    [(413, "it takes no file of this size"), (423, "locked for a while"), (503, "had a problem")],
)
async def test_a_form_whose_file_was_not_sent_keeps_its_words_and_says_why(
    site: Site, status: int, words: str
) -> None:
    ada = await Member.enter(site)
    await site.sandbox.fault(POST, status=status)
    answer = await send_plainly(ada, plain_form(markdown="Not lost"))
    assert answer.status >= 400
    assert "Not lost" in answer.text
    assert words in answer.page.text
    assert "Choose the file again" in answer.page.text


async def test_a_form_that_has_to_wait_for_other_files_keeps_its_words(
    make_site: MakeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "UPLOADS_PER_PERSON", 0)
    ada = await Member.enter(await make_site())
    answer = await send_plainly(ada, plain_form(markdown="Not lost"))
    assert answer.status == 429
    assert "Not lost" in answer.text


async def test_a_form_of_elsewhere_or_of_somebody_else_sends_no_file(site: Site) -> None:
    ada = await Member.enter(site)
    before = await site.sandbox.calls(POST)
    assert (await send_plainly(ada, plain_form(), site="cross-site")).status == 403
    assert (await send_plainly(ada, plain_form(writer="somebody"))).status == 409
    assert await site.sandbox.calls(POST) == before


async def test_a_form_with_something_behind_the_file_sends_nothing(site: Site) -> None:
    ada = await Member.enter(site)
    data = plain_form()
    data.add_field("more", "behind")
    before = await site.sandbox.calls(POST)
    answer = await send_plainly(ada, data)
    assert answer.status == 400
    assert "did not arrive whole" in answer.page.text
    page = (await ada.browser.get("/widget")).page
    assert "sent.txt" not in page.text
    assert await site.sandbox.calls(POST) >= before


@pytest.mark.parametrize("page", ["/widget", "/spaces/a%2Fb"])
async def test_who_is_signed_out_when_they_send_a_file_comes_back_to_the_page(
    site: Site, page: str
) -> None:
    """Not to the address of the form, where nothing is shown."""
    ada = await Member.enter(site)
    ada.browser.cookies.clear()
    answer = await send_plainly(ada, plain_form(), page=page)
    assert (answer.status, answer.location) == (303, f"/login?next={quote(page)}")
