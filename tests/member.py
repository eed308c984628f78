"""A person in the space, as far as the services can tell: pages, the JSON API, and open streams."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, Self
from urllib.parse import quote

import aiohttp
from yarl import URL

from harness.browser_like import Answer, Browser
from harness.eventually import LONGEST_SECONDS
from harness.site import Site

WIDGET_SCOPES = (
    "spark:people_read spark:rooms_read spark:memberships_read "
    "spark:messages_read spark:messages_write spark:kms"
)
SPACE = "/api/space"
MESSAGES = f"{SPACE}/messages"
EVENTS = f"{SPACE}/events"
# What our own script sends along.
OURS = {"X_Requested_With": "widget", "Sec_Fetch_Site": "same-origin"}


@dataclass(frozen=True)
class Event:
    name: str
    data: dict[str, Any]
    id: str | None


@dataclass
class Member:
    """Somebody with a browser who has allowed what the widget needs; `api` is where they are."""

    browser: Browser
    site: Site
    api: str = SPACE

    @classmethod
    async def sign_in(cls, site: Site, email: str = "ada@example.com") -> Self:
        browser = await site.browser()
        await browser.sign_in(email, scope=WIDGET_SCOPES)
        return cls(browser, site)

    @classmethod
    async def enter(cls, site: Site, email: str = "ada@example.com") -> Self:
        """Sign in and open the page once, so that the bot lets the person in."""
        member = await cls.sign_in(site, email)
        answer = await member.browser.get("/widget")
        assert answer.status == 200, answer.page.heading
        return member

    def at(self, room_id: str) -> Self:
        """The same person in another space."""
        return replace(self, api=f"/api/spaces/{quote(room_id, safe='')}")

    @property
    def messages(self) -> str:
        return f"{self.api}/messages"

    async def write(self, markdown: str, parent_id: str | None = None) -> Answer:
        body = {"markdown": markdown} | ({"parentId": parent_id} if parent_id else {})
        return await self.send("POST", self.messages, body)

    async def edit(self, message_id: str, markdown: str) -> Answer:
        return await self.send("PUT", f"{self.messages}/{message_id}", {"markdown": markdown})

    async def delete(self, message_id: str) -> Answer:
        return await self.browser.send("DELETE", f"{self.messages}/{message_id}", headers=OURS)

    async def send(self, method: str, path: str, body: object, **headers: str) -> Answer:
        return await self.browser.send(
            method,
            path,
            headers={**OURS, "Content_Type": "application/json", **headers},
            data=json.dumps(body).encode(),
        )

    @asynccontextmanager
    async def watching(
        self,
        *,
        since: str | None = None,
        last_event_id: str | None = None,
        replica: int = 0,
        brief: bool = False,
    ) -> AsyncIterator["Stream"]:
        """Open a stream at one replica; it is closed with the block."""
        headers = {"Cookie": "; ".join(f"{n}={v}" for n, v in self.browser.cookies.items())}
        if last_event_id:
            headers["Last-Event-ID"] = last_event_id
        url = URL(f"{self.site.app_urls[replica]}{self.api}/events")
        query = ({"since": since} if since else {}) | ({"brief": "1"} if brief else {})
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(sock_read=60)) as http,
            http.get(url.with_query(query), headers=headers) as answer,
        ):
            yield Stream(answer)


class Stream:
    """Server-sent events as they come (WHATWG HTML, section 9.2)."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self.status = answer.status
        self.headers = answer.headers
        self._answer = answer

    async def problem(self) -> dict[str, Any]:
        problem: dict[str, Any] = json.loads(await self._answer.text())
        return problem

    async def next(self, name: str) -> Event:
        """The next event of this name; others are passed over. AssertionError if the stream ends."""
        async with asyncio.timeout(LONGEST_SECONDS):
            while (event := await self.any()) is not None:
                if event.name == name:
                    return event
        raise AssertionError(f"the stream ended before an event {name!r}")

    async def saying(self, text: str) -> Event:
        """The next message that says this."""
        while text not in (event := await self.next("message")).data["html"]:
            pass
        return event

    async def until_saying(self, text: str) -> list[Event]:
        """Everything up to the next message that says this. AssertionError if the stream ends."""
        events = []
        async with asyncio.timeout(LONGEST_SECONDS):
            while (event := await self.any()) is not None:
                events.append(event)
                if event.name == "message" and text in event.data["html"]:
                    return events
        raise AssertionError(f"the stream ended before a message saying {text!r}")

    async def ends(self) -> list[Event]:
        """Everything until the end."""
        events = []
        async with asyncio.timeout(LONGEST_SECONDS):
            while (event := await self.any()) is not None:
                events.append(event)
        return events

    async def any(self) -> Event | None:
        fields: dict[str, str] = {}
        while line := (await self._answer.content.readline()).decode():
            name, _, value = line.rstrip("\n").partition(": ")
            if name:
                fields[name] = value
            elif "event" in fields:
                return Event(fields["event"], json.loads(fields["data"]), fields.get("id"))
            else:
                fields.clear()
        return None
