"""Whether there are older messages is what Webex's Link header says, not how many came."""

from typing import Any, cast

import pytest

from app_service.space.place import WIDGET
from app_service.space.space import AT_ONCE, Space
from app_service.webex import Webex, WebexPage


class PlayedWebex:
    def __init__(self, page: WebexPage) -> None:
        self._page = page

    async def messages(self, *_: object, **__: object) -> WebexPage:
        return self._page


def message(number: int) -> dict[str, Any]:
    instant = f"2026-01-01T00:00:{number:02}.000Z"
    return {"id": f"m{number}", "roomId": "room", "personId": "p", "created": instant}


@pytest.mark.parametrize(
    ("count", "next_url", "more"),
    [(2, "https://webexapis.com/v1/messages?beforeMessage=m0", True), (AT_ONCE, None, False)],
    ids=["a short page with a next one", "a full page without"],
)
async def test_a_page_is_not_judged_by_its_length(
    count: int, next_url: str | None, *, more: bool
) -> None:
    webex = PlayedWebex(WebexPage([message(number) for number in range(count)], next_url))
    unused = cast("Any", None)
    space = Space(
        "room",
        webex=cast("Webex", webex),
        with_token=unused,
        members=unused,
        files=unused,
        place=WIDGET,
        outside=unused,
    )
    assert (await space.read("token")).more is more
