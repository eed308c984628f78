"""Forms in browsers that send no Fetch Metadata: judged by Origin (common/web/from_our_pages.py)."""

import pytest

from harness.site import Site
from tests.failure_answers import failure_page
from tests.member import Member

FORMS = {
    "/logout": {},
    "/sessions/end": {"session": "others"},
    "/widget": {"markdown": "forged", "parentId": ""},
}


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize("origin", ["null", "https://sibling.localhost:8080"])
async def test_a_sibling_hosts_form_changes_nothing_whatever_origin_it_can_have(
    site: Site, path: str, origin: str
) -> None:
    """It is of the same site, so the cookies come; a sandboxed frame or a policy makes its origin null."""
    ada, other = await Member.enter(site), await site.browser()
    await other.sign_in()
    answer = await ada.browser.send("POST", path, headers={"Origin": origin}, data=FORMS[path])
    failure_page(answer, 403, "This request came from another site")
    assert (await ada.browser.get("/api/me")).status == 200
    assert (await other.get("/api/me")).status == 200
    assert await site.sandbox.calls("POST /v1/messages") == 0


@pytest.mark.parametrize("path", FORMS)
async def test_our_own_forms_pass(site: Site, path: str) -> None:
    ada = await Member.enter(site)
    headers = {"Origin": site.public_url}
    answer = await ada.browser.send("POST", path, headers=headers, data=FORMS[path])
    assert answer.status == 303
