"""Webex as a script: grants that are known to the last token, and every way an answer can go astray.

In the place of `common.webex.http.WebexHttp`; who asks gets its answers and its failures. Four habits of
refresh tokens (`Renewal`), because Webex' own guide leaves them open.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from common.webex.http import WebexAnswer, WebexRefusal, WebexSlow, WebexUnreachable
from tests.simulation.network import Place
from tests.simulation.trace import Trace

PATIENCE_SECONDS = 10
# A token that was given out so lately is not renewed with good reason.
NEW_SECONDS = 0.5
REFRESH_SECONDS = 7_776_000
ROOM = "room"

Answer = tuple[int, dict[str, Any]]


class Renewal(Enum):
    ROTATING = "a new refresh token each time, the old one is dead"
    SAME = "the same refresh token, a new access token"
    STICKY = "the same refresh token, and the same access token while it lives"
    ABSENT = "no refresh token in the answer"


@dataclass
class Script:
    """How likely each is, for one request."""

    slow: float = 0.0
    too_slow: float = 0.0
    cut_before: float = 0.0
    cut_after: float = 0.0
    error: float = 0.0


@dataclass(eq=False)
class Grant:
    """What one sign-in gave. `fates` says in words what became of answers and tokens."""

    number: int
    person: str
    refresh: str = ""
    access: list[str] = field(default_factory=list)
    fates: list[str] = field(default_factory=list)
    # Refresh tokens whose answer came through, and to whom.
    received: dict[str, Place] = field(default_factory=dict)

    def lost(self) -> list[str]:
        """Which answers never came through."""
        return [fate for fate in self.fates if fate.startswith("answer")]


class Webex:
    def __init__(self, dice: random.Random, trace: Trace) -> None:
        self.dice = dice
        self.trace = trace
        self.renewal = Renewal.ROTATING
        self.script = Script()
        self.access_seconds = 14 * 86400
        self.ends_others = False
        self.grants: list[Grant] = []
        self.counts: Counter[str] = Counter()
        self.revocations_failed: set[str] = set()
        # Tokens that were renewed though they had just been given out.
        self.needless: list[str] = []
        # Two token calls of living replicas for one grant at the same time.
        self.overlaps: list[str] = []
        self.by_token: dict[str, Grant] = {}
        # By id: whose it is, which event, which target.
        self.webhooks: dict[str, dict[str, str]] = {}
        self._codes: dict[str, str] = {}
        self._refresh: dict[str, Grant] = {}
        self._access: dict[str, tuple[Grant, float]] = {}
        self._asking: dict[Grant, list[Place]] = {}
        self._number = 0

    def code(self, person: str) -> str:
        """What the person brings back after they have agreed."""
        code = self._named("code")
        self._codes[code] = person
        return code

    def end_access_tokens(self) -> None:
        now = asyncio.get_running_loop().time()
        self._access = {token: (grant, now) for token, (grant, _) in self._access.items()}

    def lives(self, token: str) -> bool:
        if token in self._refresh:
            return True
        _, ends = self._access.get(token, (None, 0.0))
        return ends > asyncio.get_running_loop().time()

    def living(self) -> list[str]:
        """Every token that Webex would take now, in the order in which it gave them out."""
        return [token for token in self.by_token if self.lives(token)]

    def asks(self, grant: Grant, place: Place) -> None:
        asking = self._asking.setdefault(grant, [])
        asking.append(place)
        alive = [each.name for each in asking if not each.dead]
        if len(alive) > 1:
            self.overlaps.append(f"grant {grant.number}: {' and '.join(alive)}")

    def has_asked(self, grant: Grant, place: Place) -> None:
        self._asking[grant].remove(place)

    def answer(self, method: str, url: str, fields: Mapping[str, Any], token: str | None) -> Answer:
        """What Webex does when a request arrives, whether or not its answer will."""
        path = url.partition("?")[0]
        if path.endswith("/access_token"):
            code = fields.get("code")
            return self._exchanged(code) if code else self._renewed(fields["refresh_token"])
        if path.endswith("/revoke"):
            return self._revoked(fields["token"])
        if token is None or not self.lives(token):
            return 401, {"message": "not valid"}
        return self._of_person(method, path, fields, self.by_token[token].person)

    def _exchanged(self, code: str) -> Answer:
        person = self._codes.pop(code, None)
        if person is None:
            return 400, {"error": "invalid_grant"}
        grant = Grant(len(self.grants), person)
        self.grants.append(grant)
        return 200, self._given(grant, self._new_access(grant), self._new_refresh(grant))

    def _renewed(self, refresh: str) -> Answer:
        grant = self._refresh.get(refresh)
        if grant is None:
            known = self.by_token.get(refresh)
            if known:
                known.fates.append(f"refused {refresh}")
            return 400, {"error": "invalid_grant"}
        _, ends = self._access[grant.access[-1]]
        if ends - asyncio.get_running_loop().time() > self.access_seconds - NEW_SECONDS:
            self.needless.append(f"grant {grant.number} with {refresh}")
        if self.renewal is Renewal.ROTATING:
            del self._refresh[refresh]
            return 200, self._given(grant, self._new_access(grant), self._new_refresh(grant))
        sticky = self.renewal is Renewal.STICKY and self.lives(grant.access[-1])
        access = grant.access[-1] if sticky else self._new_access(grant)
        return 200, self._given(grant, access, "" if self.renewal is Renewal.ABSENT else refresh)

    def _revoked(self, token: str) -> Answer:
        grant = self.by_token.get(token)
        if grant is None:
            return 200, {}
        grant.fates.append(f"revoked {token}")
        self._access.pop(token, None)
        if self._refresh.pop(token, None):
            for access in grant.access:
                self._access.pop(access, None)
        if self.ends_others:
            for other in self.grants:
                if other.person == grant.person:
                    self._forget(other)
        return 200, {}

    def _forget(self, grant: Grant) -> None:
        self._refresh.pop(grant.refresh, None)
        for access in grant.access:
            self._access.pop(access, None)

    def _of_person(  # noqa: PLR0911 - one for each path
        self, method: str, path: str, fields: Mapping[str, Any], person: str
    ) -> Answer:
        match method, path.rpartition("/v1/")[2].split("/"):
            case "GET", ["people", "me"]:
                return 200, {"id": person}
            case "GET", ["rooms", room]:
                return 200, {"id": room, "title": "a space"}
            case "GET", ["webhooks"]:
                mine = [
                    {"id": n, **hook}
                    for n, hook in self.webhooks.items()
                    if hook["owner"] == person
                ]
                return 200, {"items": mine}
            case "POST", ["webhooks"]:
                number = self._named("hook")
                self.webhooks[number] = {"owner": person, **fields}
                return 200, {"id": number}
            case "DELETE", ["webhooks", number]:
                there = self.webhooks.pop(number, None)
                return (204 if there else 404), {}
            case "GET", ["memberships"]:
                return 200, {
                    "items": [{"personId": one, "personDisplayName": one} for one in self._people()]
                }
        return 200, {"items": []}

    def _people(self) -> list[str]:
        return list(dict.fromkeys(grant.person for grant in self.grants))

    def _given(self, grant: Grant, access: str, refresh: str) -> dict[str, Any]:
        left = self._access[access][1] - asyncio.get_running_loop().time()
        body: dict[str, Any] = {
            "access_token": access,
            "expires_in": max(1, int(left)),
            "grant": grant,
        }
        if refresh:
            body |= {"refresh_token": refresh, "refresh_token_expires_in": REFRESH_SECONDS}
        return body

    def _new_access(self, grant: Grant) -> str:
        token = self._named("AT")
        self._access[token] = (grant, asyncio.get_running_loop().time() + self.access_seconds)
        self.by_token[token] = grant
        grant.access.append(token)
        return token

    def _new_refresh(self, grant: Grant) -> str:
        grant.refresh = self._named("RT")
        self._refresh[grant.refresh] = self.by_token[grant.refresh] = grant
        return grant.refresh

    def _named(self, kind: str) -> str:
        self._number += 1
        return f"{kind}{self._number}"


class Wire:
    """One replica's way to Webex."""

    def __init__(self, webex: Webex, place: Place) -> None:
        self._webex = webex
        self._place = place

    async def get(self, url: str, *, access_token: str) -> WebexAnswer:
        return await self._ask("GET", url, {}, access_token)

    async def post_form(self, url: str, form: Mapping[str, str], **_: str) -> WebexAnswer:
        grant = self._webex.by_token.get(form.get("refresh_token", ""))
        if grant is not None:
            self._webex.asks(grant, self._place)
        try:
            return await self._ask("POST", url, form, None)
        except BaseException:
            if url.endswith("/revoke"):
                self._webex.revocations_failed.add(form["token"])
            raise
        finally:
            if grant is not None:
                self._webex.has_asked(grant, self._place)

    async def send(
        self, method: str, url: str, *, headers: Mapping[str, str], **fields: Any
    ) -> WebexAnswer:
        token = headers["Authorization"].removeprefix("Bearer ")
        return await self._ask(method, url, fields.get("json") or {}, token)

    async def _ask(
        self, method: str, url: str, fields: Mapping[str, Any], token: str | None
    ) -> WebexAnswer:
        if self._place.dead:
            raise asyncio.CancelledError
        asked = _Asked(self._webex, self._place, method, url, fields, token)
        status, body = await asked.answered()
        grant = body.pop("grant", None)
        if grant is not None:
            grant.received[body.get("refresh_token") or grant.refresh] = self._place
        answer = WebexAnswer(status, {}, body)
        if not 200 <= status < 300:
            raise WebexRefusal(answer)
        return answer


@dataclass
class _Asked:
    """One request on its way."""

    webex: Webex
    place: Place
    method: str
    url: str
    fields: Mapping[str, Any]
    token: str | None
    answer: Answer = (0, {})

    async def answered(self) -> Answer:
        dice, loop = self.webex.dice, asyncio.get_running_loop()
        there, back, fault = dice.uniform(0.01, 0.15), dice.uniform(0.01, 0.15), self._fault()
        if fault == "cut_before":
            await asyncio.sleep(there)
            raise WebexUnreachable
        if fault == "slow":
            there, back = dice.uniform(0.1, 9), dice.uniform(0.01, 0.9)
        if fault == "too_slow":
            there, back = dice.uniform(1, 14), dice.uniform(1, 8)
        # Once it is sent it arrives, whatever becomes of who has sent it.
        loop.call_later(there, self._arrive, fault)
        if fault == "cut_after":
            await asyncio.sleep(there + 0.001)
            self._is_lost("answer cut off by the network")
            raise WebexUnreachable
        try:
            await asyncio.sleep(min(there + back, PATIENCE_SECONDS))
        except asyncio.CancelledError:
            loop.call_later(there + 0.001, self._is_lost, "answer to a replica that was killed")
            raise
        if there + back > PATIENCE_SECONDS:
            loop.call_later(
                max(0.0, there - PATIENCE_SECONDS) + 0.001, self._is_lost, "answer too late"
            )
            raise WebexSlow
        return self.answer

    def _fault(self) -> str:
        kind, script = self.webex.dice.random(), self.webex.script
        for name in ("slow", "too_slow", "cut_before", "cut_after", "error"):
            likely: float = getattr(script, name)
            if kind < likely:
                self.webex.counts[f"webex {name}"] += 1
                return name
            kind -= likely
        return ""

    def _arrive(self, fault: str) -> None:
        if fault == "error":
            self.answer = (503, {})
            return
        self.answer = self.webex.answer(self.method, self.url, self.fields, self.token)
        if self.webex.trace.on:
            status, body = self.answer
            words = [str(body[name]) for name in ("access_token", "refresh_token") if name in body]
            sent = [self.fields.get(name) for name in ("code", "refresh_token", "token")]
            what = " ".join(
                ["WEBEX", self.method, self.url.rpartition("/")[2], *filter(None, sent)]
            )
            self.webex.trace.add(self.place.name, what, " ".join([str(status), *words]))

    def _is_lost(self, how: str) -> None:
        grant = self.answer[1].get("grant")
        if grant is not None:
            grant.fates.append(f"{how}: {self.answer[1]['access_token']}")
