"""A browser as far as the services can tell: cookies kept by a browser's rules, one request id each."""

import json
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self
from urllib.parse import urlencode

import aiohttp
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from common.sessions.cookies import Cookies
from harness.pages import PageText
from harness.person import consent

MOST_REDIRECTS = 10
LANDING = "/landing"


@dataclass(frozen=True)
class SetCookie:
    """One Set-Cookie header, taken apart (RFC 6265 section 5.2)."""

    name: str
    value: str = field(repr=False)
    attributes: Mapping[str, str]

    @classmethod
    def parse(cls, header: str) -> Self:
        pair, *rest = header.split(";")
        name, _, value = pair.strip().partition("=")
        parts = (attribute.strip().partition("=") for attribute in rest)
        return cls(name, value.strip('"'), {key.lower(): value for key, _, value in parts})

    @property
    def deletes(self) -> bool:
        return self.attributes.get("max-age") == "0"

    @property
    def _is_http_only(self) -> bool:
        return self.name.startswith("__Host-Http-")

    def acceptable(self, *, https: bool) -> bool:
        """Whether a browser keeps it: prefixes and Secure (RFC 6265bis sections 4.1.3 and 5.6)."""
        secure, path = "secure" in self.attributes, self.attributes.get("path")
        if self.name.startswith("__Host-"):
            kept = https and secure and path == "/" and "domain" not in self.attributes
            # Of a browser that knows the newer prefix (Chromium does).
            return kept and ("httponly" in self.attributes or not self._is_http_only)
        return https or not secure


@dataclass(frozen=True)
class Answer:
    status: int
    headers: CIMultiDictProxy[str]
    text: str = field(repr=False)

    @property
    def location(self) -> str:
        return self.headers["Location"]

    def gone_on(self, after: "Answer") -> "Answer":
        """Take over where the next answer led, and its cookies."""
        headers = CIMultiDict(self.headers)
        headers["Location"] = after.location
        for cookie in after.headers.getall("Set-Cookie", []):
            headers.add("Set-Cookie", cookie)
        return Answer(self.status, CIMultiDictProxy(headers), self.text)

    @property
    def cookies(self) -> list[SetCookie]:
        return [SetCookie.parse(header) for header in self.headers.getall("Set-Cookie", [])]

    @property
    def page(self) -> PageText:
        return PageText.of(self.text)

    def json(self) -> Any:
        return json.loads(self.text)


@dataclass
class Browser:
    """One browser at one site, with its own cookies here and at Webex.

    `route` says which service answers a path, as the proxy would. `lands` tells it to go through the landing,
    to which sign-in and sign-out lead over: what comes of both is then one answer.
    """

    public_url: str
    route: Callable[[str], str]
    cookies: dict[str, str] = field(default_factory=dict)
    lands: bool = True

    def __post_init__(self) -> None:
        self._ends: dict[str, float] = {}
        self._http = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        # Not DummyCookieJar: at Webex the person stays signed in.
        self._webex = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.close()
        await self._webex.close()

    async def get(self, path: str, **headers: str) -> Answer:
        """GET without following redirects; header names with "_" for "-"."""
        return await self.send("GET", path, headers=headers)

    async def post(
        self, path: str, form: Mapping[str, str] | None = None, **headers: str
    ) -> Answer:
        """POST as a form on the site's own page would."""
        return await self.send(
            "POST", path, headers={"Sec_Fetch_Site": "same-origin"} | headers, data=form
        )

    async def visit(self, path: str) -> Answer:
        """GET, and follow redirects as long as they lead to this site."""
        for _ in range(MOST_REDIRECTS):
            answer = await self.get(path)
            if not 300 <= answer.status < 400:
                return answer
            target = URL(self.public_url + path, encoded=True).join(
                URL(answer.location, encoded=True)
            )
            if str(target.origin()) != self.public_url:
                return answer
            path = target.raw_path_qs
        raise AssertionError("The site redirects for ever.")

    async def send(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        data: Mapping[str, str] | bytes | None = None,
    ) -> Answer:
        """Send one request with the cookies of this site, and keep what it sets."""
        self._forget_ended()
        sent = {name.replace("_", "-"): value for name, value in (headers or {}).items()}
        sent.setdefault("X-Request-Id", uuid.uuid4().hex)
        if self.cookies:
            sent.setdefault("Cookie", "; ".join(f"{n}={v}" for n, v in self.cookies.items()))
        url = URL(self.route(path) + path, encoded=True)
        async with self._http.request(
            method, url, headers=sent, data=data, allow_redirects=False
        ) as response:
            text = await response.text(errors="replace")
            answer = Answer(response.status, response.headers, text)
        for cookie in answer.cookies:
            self._keep(cookie)
        landing = self.public_url + LANDING
        if self.lands and answer.headers.get("Location", "").partition("?")[0] == landing:
            target = answer.location.removeprefix(self.public_url)
            return answer.gone_on(await self.get(target))
        return answer

    async def start(self, *, next_path: str | None = None, scope: str | None = None) -> Answer:
        """Press the button: GET /login, which redirects to Webex."""
        wanted = {"next": next_path, "scope": scope}
        query = urlencode({name: value for name, value in wanted.items() if value is not None})
        return await self.get(f"/login?{query}" if query else "/login")

    async def at_webex(
        self,
        authorize_url: str,
        email: str = "ada@example.com",
        decision: Literal["accept", "decline"] = "accept",
    ) -> str:
        """Go through Webex's pages; return the callback's path and query, unvisited."""
        location = await consent(self._webex, authorize_url, email, decision)
        assert location.startswith(f"{self.public_url}/"), location
        return location.removeprefix(self.public_url)

    async def sign_in(
        self,
        email: str = "ada@example.com",
        *,
        next_path: str | None = None,
        scope: str | None = None,
    ) -> Answer:
        """Sign in from the button to the callback's answer, which is not followed."""
        start = await self.start(next_path=next_path, scope=scope)
        assert start.status == 302, start
        return await self.get(await self.at_webex(start.location, email))

    @property
    def session_cookie(self) -> str | None:
        return self.cookies.get(self.session_name)

    @property
    def session_name(self) -> str:
        """What this site calls the session's cookie."""
        return Cookies(self.public_url).session

    def _keep(self, cookie: SetCookie) -> None:
        if not cookie.acceptable(https=self.public_url.startswith("https://")):
            return
        if cookie.deletes:
            self.cookies.pop(cookie.name, None)
            return
        self.cookies[cookie.name] = cookie.value
        if "max-age" in cookie.attributes:
            self._ends[cookie.name] = time.time() + int(cookie.attributes["max-age"])

    def _forget_ended(self) -> None:
        for name, end in list(self._ends.items()):
            if end <= time.time():
                self.cookies.pop(name, None)
                del self._ends[name]
