"""Pictures of cards pass through the service: for who is in the space, and fetched once for all."""

import pytest
from aioresponses import aioresponses

from app_service.settings import SANDBOX_SPACE_ID
from app_service.space.pictures import PictureAddresses
from harness.site import SESSION_KEY, Site
from tests.member import Member
from tests.scraped import scrape

URL = "https://files.webexcontent.com/a-picture"
GIF = b"GIF89a and so on"
PATH = f"/widget/pictures/{PictureAddresses([SESSION_KEY]).seal(URL, SANDBOX_SPACE_ID)}"
COUNT = "webex_request_seconds_count"


async def test_a_picture_is_fetched_once_for_all_and_without_anybodys_token(
    site: Site, webex: aioresponses
) -> None:
    webex.get(URL, body=GIF)
    members = [await Member.enter(site), await Member.enter(site, "grace@example.com")]
    before = (await scrape(site.app_urls[0])).value(COUNT, endpoint="pictures", outcome="2xx")
    for member in members:
        answer = await member.browser.get(PATH)
        assert (answer.status, answer.headers["Content-Type"]) == (200, "image/gif")
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    [[request]] = [calls for (_, url), calls in webex.requests.items() if str(url) == URL]
    assert "Authorization" not in request.kwargs["headers"]
    after = (await scrape(site.app_urls[0])).value(COUNT, endpoint="pictures", outcome="2xx")
    assert after - before == 1


async def test_who_is_not_in_the_space_gets_no_picture(site: Site, webex: aioresponses) -> None:
    webex.get(URL, body=GIF)
    assert (await (await Member.enter(site)).browser.get(PATH)).status == 200
    outsider = await Member.sign_in(site, "outsider@example.com")
    answer = await outsider.browser.get(PATH)
    assert (answer.status, "GIF" in answer.text) == (403, False)


@pytest.mark.parametrize("address", ["x", "AAAA", "%C3%BC", PATH.rpartition("/")[2][:-2]])
async def test_an_address_that_was_not_made_here_leads_nowhere(site: Site, address: str) -> None:
    ada = await Member.enter(site)
    assert (await ada.browser.get(f"/widget/pictures/{address}")).status == 404


async def test_what_is_no_picture_is_not_given_out(site: Site, webex: aioresponses) -> None:
    webex.get(URL, body=b"<script>")
    ada = await Member.enter(site)
    assert (await ada.browser.get(PATH)).status == 404
