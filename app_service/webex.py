"""Webex's REST API as the app service needs it, each call with the token it acts for.

Source: Webex developer documentation, "People", "Rooms", "Memberships", "Messages" and "Webhooks".
Every verb raises a WebexError. Identifiers are opaque: they are escaped wherever they go.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from multidict import CIMultiDict
from yarl import URL

from common.webex.http import WebexAnswer, WebexHttp, WebexMalformed
from common.webex.upload import Upload, form

Body = dict[str, Any]
# So many ids of people fit into one address without trouble on the way.
PEOPLE_AT_ONCE = 40
LINK = re.compile(r"<([^<>]*)>([^<]*)")
NEXT = re.compile(r';\s*rel\s*=\s*"?next\b', re.IGNORECASE)


@dataclass(frozen=True)
class WebexPage:
    """`items` are objects; `next_url` is an address of the same origin as the request's, or None."""

    items: list[dict[str, Any]]
    next_url: str | None


@dataclass(frozen=True)
class Webex:
    http: WebexHttp
    api_url: str

    async def me(self, access_token: str) -> Body:
        """The person the token acts for (GET /people/me)."""
        return _object(await self._get("/people/me", access_token))

    async def people(self, access_token: str, ids: Iterable[str]) -> list[Body]:
        """At most PEOPLE_AT_ONCE people by their ids (GET /people?id=…); unknown ones are left out."""
        return (await self._list("/people", access_token, id=",".join(ids))).items

    async def rooms(self, access_token: str, *, at_most: int) -> WebexPage:
        """Spaces of the token's person, the latest active first (GET /rooms)."""
        return await self._list("/rooms", access_token, sortBy="lastactivity", max=at_most)

    async def room(self, access_token: str, room_id: str) -> Body:
        """One space (GET /rooms/{id}); 404 for whoever is not in it."""
        return _object(await self._get(f"/rooms/{_part(room_id)}", access_token))

    async def memberships(self, access_token: str, room_id: str, *, at_most: int) -> WebexPage:
        """Who is in a space (GET /memberships)."""
        return await self._list("/memberships", access_token, roomId=room_id, max=at_most)

    async def add_member(self, access_token: str, room_id: str, person_id: str) -> None:
        """Add a person to a space (POST /memberships); 409 if they are in it."""
        await self._send("POST", "/memberships", access_token, roomId=room_id, personId=person_id)

    async def messages(
        self, access_token: str, room_id: str, *, at_most: int, before: str | None = None
    ) -> WebexPage:
        """Messages of a space, the newest first (GET /messages)."""
        return await self._list(
            "/messages", access_token, roomId=room_id, max=at_most, beforeMessage=before
        )

    async def message(self, access_token: str, message_id: str) -> Body:
        """One message (GET /messages/{id})."""
        return _object(await self._get(f"/messages/{_part(message_id)}", access_token))

    async def post_message(self, access_token: str, fields: Mapping[str, str]) -> Body:
        """Write a message (POST /messages) and return it."""
        return _object(await self._send("POST", "/messages", access_token, **fields))

    async def post_file(self, access_token: str, fields: Mapping[str, str], upload: Upload) -> Body:
        """Write a message with a file (POST /messages as a form) and return it; once, whatever happens."""
        answer = await self.http.send(
            "POST",
            f"{self.api_url}/messages",
            data=form(fields, "files", upload),
            headers={"Authorization": f"Bearer {access_token}"},
        )
        return _object(answer)

    async def edit_message(
        self, access_token: str, message_id: str, fields: Mapping[str, str]
    ) -> Body:
        """Write a message anew (PUT /messages/{id}) and return it."""
        path = f"/messages/{_part(message_id)}"
        return _object(await self._send("PUT", path, access_token, **fields))

    async def delete_message(self, access_token: str, message_id: str) -> None:
        await self._send("DELETE", f"/messages/{_part(message_id)}", access_token)

    async def submit(self, access_token: str, message_id: str, inputs: Body) -> None:
        """Press Submit on a message's card (POST /attachment/actions)."""
        await self._send(
            "POST",
            "/attachment/actions",
            access_token,
            type="submit",
            messageId=message_id,
            inputs=inputs,
        )

    async def webhooks(self, access_token: str) -> WebexPage:
        """The webhooks that this token's integration has made for its person (GET /webhooks)."""
        return await self._list("/webhooks", access_token, max=100)

    async def create_webhook(self, access_token: str, fields: Mapping[str, str]) -> Body:
        return _object(await self._send("POST", "/webhooks", access_token, **fields))

    async def delete_webhook(self, access_token: str, webhook_id: str) -> None:
        await self._send("DELETE", f"/webhooks/{_part(webhook_id)}", access_token)

    async def follow(self, access_token: str, url: str) -> WebexPage:
        """The page that another page named as its next one."""
        return _page(url, await self.http.get(url, access_token=access_token))

    async def items_from(
        self, access_token: str, page: WebexPage, *, most_pages: int
    ) -> list[Body]:
        """What this page holds and those behind it, `most_pages` altogether."""
        items = list(page.items)
        for _ in range(most_pages - 1):
            if page.next_url is None:
                break
            page = await self.follow(access_token, page.next_url)
            items += page.items
        return items

    async def _list(self, path: str, access_token: str, **query: str | int | None) -> WebexPage:
        given = {name: value for name, value in query.items() if value is not None}
        return await self.follow(access_token, f"{self.api_url}{path}?{urlencode(given)}")

    async def _get(self, path: str, access_token: str) -> WebexAnswer:
        return await self.http.get(f"{self.api_url}{path}", access_token=access_token)

    async def _send(self, method: str, path: str, access_token: str, **fields: Any) -> WebexAnswer:
        return await self.http.send(
            method,
            f"{self.api_url}{path}",
            json=fields or None,
            headers={"Authorization": f"Bearer {access_token}"},
        )


def _object(answer: WebexAnswer) -> Body:
    """The answer's object, which has an id."""
    if not isinstance(answer.body.get("id"), str):
        raise WebexMalformed(tracking_id=answer.tracking_id)
    return answer.body


def _page(url: str, answer: WebexAnswer) -> WebexPage:
    page = read_page(url, answer.headers, answer.body)
    if page is None:
        raise WebexMalformed(tracking_id=answer.tracking_id)
    return page


def _part(identifier: str) -> str:
    return quote(identifier, safe="")


def read_page(url: str, headers: Mapping[str, str], body: Mapping[str, Any]) -> WebexPage | None:
    """Read an answer of the shape `{"items": [...]}`; None if it has another one."""
    items = body.get("items")
    if not isinstance(items, list):
        return None
    objects = [item for item in items if isinstance(item, dict)]
    return WebexPage(objects, next_link(url, headers))


def next_link(url: str, headers: Mapping[str, str]) -> str | None:
    """The address of `rel="next"` in the Link header (RFC 8288).

    Only one of the same origin and path counts: the token goes along with the request.
    """
    for value in CIMultiDict(headers).getall("Link", ()):
        for target, parameters in LINK.findall(value):
            if NEXT.search(parameters):
                return _same_place(url, target)
    return None


def _same_place(url: str, target: str) -> str | None:
    try:
        here = URL(url)
        there = here.join(URL(target, encoded=True))
        same = there.origin() == here.origin() and there.path == here.path
    except ValueError:
        return None
    return str(there) if same and there.user is None else None
