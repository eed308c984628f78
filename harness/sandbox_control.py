"""The switches of a running sandbox, for tests."""

from typing import Any

import aiohttp

EXCHANGE = "POST /v1/access_token"
REVOKE = "POST /idb/oauth2/v1/revoke"
PEOPLE_ME = "GET /v1/people/me"


class SandboxControl:
    """Sets faults and reads counters at `/_sandbox`; see `webex_sandbox.control.switches`."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def fault(self, route: str, **what: Any) -> None:
        await self._send("POST", "/faults", {"route": route, **what})

    async def lift_faults(self) -> None:
        await self._send("DELETE", "/faults")

    async def policy(self, **changes: Any) -> None:
        await self._send("PATCH", "/policy", changes)

    async def expire_tokens(self, **which: Any) -> int:
        """End tokens of one person or of everybody; return how many were alive."""
        answer = await self._send("POST", "/tokens/expire", which)
        return int(answer["expired"])

    async def new_tokens(self, **what: Any) -> dict[str, Any]:
        """Tokens of Ada's, unless `email` says otherwise, without a sign-in."""
        tokens: dict[str, Any] = await self._send("POST", "/tokens", what)
        return tokens

    async def register(self, **integration: Any) -> None:
        await self._send("POST", "/integrations", integration)

    async def calls(self, route: str) -> int:
        """How often a route was asked since the start or forget_calls."""
        counts = await self._send("GET", "/calls")
        return int(counts.get(route, 0))

    async def all_calls(self) -> dict[str, int]:
        """The same for every route."""
        counts: dict[str, int] = await self._send("GET", "/calls")
        return counts

    async def forget_calls(self) -> None:
        await self._send("DELETE", "/calls")

    async def say(self, text: str = "", **what: str) -> str:
        """Somebody writes in the demo space (Grace, unless `email` says otherwise); the id comes back."""
        message = await self._send("POST", "/messages", {"text": text, **what})
        return str(message["id"])

    async def membership(self, email: str, *, is_member: bool, **where: str) -> None:
        """Put somebody into the demo space (unless `room_id` says otherwise), or take them out."""
        what = {"email": email, "is_member": is_member, **where}
        await self._send("PUT", "/memberships", what)

    async def room(self, **changes: bool) -> dict[str, Any]:
        """Change the demo space: is_locked, is_announcement_only, is_gone, is_migrated; it comes back."""
        room: dict[str, Any] = await self._send("PATCH", "/rooms", changes)
        return room

    async def deliveries(self, **changes: Any) -> None:
        """How webhooks arrive: copies, signatures."""
        await self._send("PATCH", "/deliveries", changes)

    async def confidential(self) -> dict[str, list[str]]:
        """States, verifiers, codes and tokens that passed, by kind."""
        values: dict[str, list[str]] = await self._send("GET", "/confidential")
        return values

    async def _send(self, method: str, path: str, body: object = None) -> Any:
        async with (
            aiohttp.ClientSession() as http,
            http.request(method, f"{self.url}/_sandbox{path}", json=body) as answer,
        ):
            assert answer.status < 300, await answer.text()
            return await answer.json() if answer.status == 200 else None
