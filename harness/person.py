"""A person at the sandbox's pages: reads the forms, fills them in, presses a button.

On addresses such as http://127.0.0.1:8090 the session needs `aiohttp.CookieJar(unsafe=True)`.
"""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Literal

import aiohttp
from yarl import URL

_STEPS = "/v1/authorize"
_MOST_STEPS = 8


class SandboxRefusedError(AssertionError):
    """The sandbox showed a page that has no form to fill in."""

    def __init__(self, status: int, page: str) -> None:
        super().__init__(f"The sandbox answered {status}:\n{page}")
        self.status = status
        self.page = page


async def consent(
    http: aiohttp.ClientSession,
    authorize_url: str,
    email: str = "ada@example.com",
    decision: Literal["accept", "decline"] = "accept",
) -> str:
    """Walk from the authorize address to the callback, and return that address unvisited.

    Raises:
        SandboxRefusedError: the sandbox refuses the request, or does not know the e-mail address.

    """
    url, method = URL(authorize_url, encoded=True), "GET"
    fields: dict[str, str] = {}
    for _ in range(_MOST_STEPS):
        async with http.request(method, url, data=fields or None, allow_redirects=False) as answer:
            location = answer.headers.get("Location")
            page, status = await answer.text(), answer.status
        if location:
            target = url.join(URL(location, encoded=True))
            if target.origin() != url.origin() or not target.path.startswith(_STEPS):
                return location
            url, method, fields = target, "GET", {}
        else:
            action, method, fields = _next_step(page, status, email, decision)
            url = url.join(URL(action, encoded=True))
    raise AssertionError("The sandbox's pages lead nowhere.")


def _next_step(
    text: str, status: int, email: str, decision: str
) -> tuple[str, str, dict[str, str]]:
    page = _Page()
    page.feed(text)
    if status != 200 or page.action is None:
        raise SandboxRefusedError(status, text)
    if "email" in page.inputs:
        return page.action, "POST", {**page.inputs, "email": email}
    if page.email != email.lower():
        return page.other_account, "GET", {}
    return page.action, "POST", {**page.inputs, "decision": decision}


@dataclass
class _Page(HTMLParser):
    action: str | None = None
    inputs: dict[str, str] = field(default_factory=dict)
    email: str = ""
    other_account: str = ""

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = values["action"]
        elif tag == "input":
            self.inputs[values["name"]] = values.get("value", "")
        elif "data-email" in values:
            self.email = values["data-email"]
        elif tag == "a" and "select_account" in values.get("href", ""):
            self.other_account = values["href"]
