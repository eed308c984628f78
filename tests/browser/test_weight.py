"""The first page of the space is light: under 40 kB of our own script and style as sent, cards apart."""

from typing import Any

from tests.browser.conftest import NewWindow
from tests.browser.member import Member

MOST_BYTES = 40_000
# What draws cards comes with the first of them.
APART = ("/static/cards.", "/static/vendor/")
KINDS = ("script", "stylesheet")


def test_the_first_page_of_the_space_is_light(new_window: NewWindow) -> None:
    member = Member(new_window().new_page()).enters()
    # What is kept from the pages before would weigh nothing.
    window = new_window(storage_state=member.page.context.storage_state())
    page = window.new_page()
    asked: list[Any] = []
    page.on("requestfinished", lambda request: asked.append(request))  # noqa: PLW0108
    page.goto("/widget")
    Member(page).is_live()
    sizes = {
        request.url.rpartition("/")[2]: request.sizes()["responseBodySize"]
        for request in asked
        if request.resource_type in KINDS and not any(part in request.url for part in APART)
    }
    assert len(sizes) > 5
    assert sum(sizes.values()) < MOST_BYTES, sizes
