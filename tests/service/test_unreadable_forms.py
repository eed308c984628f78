"""Forms that no page of ours sends: refused, and nothing is done with them."""

import pytest

from harness.browser_like import Browser
from harness.site import Site
from tests.failure_answers import failure_page
from tests.member import Member

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
UNREADABLE = [
    (URLENCODED, b"session=\xff"),
    (f"{URLENCODED}; charset=foo", b"session=a"),
    (f"{URLENCODED}; charset=base64", b"session=a"),
    (MULTIPART, b"x"),
    (f"{MULTIPART}; boundary=a", b"x"),
    (
        f"{MULTIPART}; boundary=a",
        b"--a\r\nContent-Disposition: form-data; name=session\r\n\r\n\xff\r\n--a--\r\n",
    ),
    (f"{MULTIPART}; boundary=a", b"--a\r\nfoo\r\n\r\nx\r\n--a--\r\n"),
]


@pytest.mark.parametrize(("kind", "body"), UNREADABLE)
async def test_a_form_that_cannot_be_read_writes_nothing_and_is_refused(
    site: Site, kind: str, body: bytes
) -> None:
    ada = await Member.sign_in(site)
    headers = {"Sec_Fetch_Site": "same-origin", "Content_Type": kind}
    answer = await ada.browser.send("POST", "/widget", headers=headers, data=body)
    failure_page(answer, 400, "This request is not valid")


@pytest.mark.parametrize(("kind", "body"), UNREADABLE)
async def test_a_form_that_cannot_be_read_ends_nothing_and_is_refused(
    browser: Browser, kind: str, body: bytes
) -> None:
    await browser.sign_in()
    headers = {"Sec_Fetch_Site": "same-origin", "Content_Type": kind}
    answer = await browser.send("POST", "/sessions/end", headers=headers, data=body)
    failure_page(answer, 400, "This request is not valid")
    assert (await browser.get("/api/me")).status == 200
