"""One signed-in browser, as small as a load run needs it."""

from dataclasses import dataclass, field

import aiohttp
from yarl import URL

from harness.person import consent


@dataclass
class Visitor:
    """Signs in through the door and keeps the cookie; statuses only, no pages."""

    url: str
    email: str
    cookie: str = field(default="", repr=False)

    async def sign_in(self, http: aiohttp.ClientSession, *, scope: str = "") -> None:
        """Sign in; `scope` is asked for on top."""
        login = URL(f"{self.url}/login").with_query({"scope": scope} if scope else {})
        async with http.get(login, allow_redirects=False) as answer:
            start, pending = answer.headers["Location"], _pairs(answer)
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as webex:
            back = await consent(webex, start, self.email)
        headers = {"Cookie": "; ".join(pending)}
        async with http.get(
            URL(back, encoded=True), headers=headers, allow_redirects=False
        ) as done:
            assert done.status == 303, done.status
            self.cookie = next(
                pair
                for pair in _pairs(done)
                if pair.startswith(("session-", "__Host-Http-session="))
            )

    async def get(self, http: aiohttp.ClientSession, path: str) -> str:
        """The status as a word; a broken connection is an outcome like any other."""
        try:
            async with http.get(
                f"{self.url}{path}", headers={"Cookie": self.cookie}, allow_redirects=False
            ) as answer:
                await answer.read()
                return str(answer.status)
        except (aiohttp.ClientError, TimeoutError) as error:
            return type(error).__name__


def _pairs(answer: aiohttp.ClientResponse) -> list[str]:
    cookies = answer.headers.getall("Set-Cookie", [])
    return [cookie.partition(";")[0] for cookie in cookies]
