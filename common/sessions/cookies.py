"""The cookies both services agree on: names, attributes, and nothing that JavaScript can read."""

from dataclasses import dataclass
from functools import cached_property

from aiohttp import web
from aiohttp.hdrs import COOKIE, SET_COOKIE

from common.sessions.ticket import Ticket

SIGN_IN_COOKIE_SECONDS = 3600


@dataclass(frozen=True)
class Cookies:
    """Cookies of one installation.

    With https the names carry the `__Host-` prefix: Secure, Path=/ and no Domain, enforced by the
    browser (RFC 6265bis section 4.1.3.2). Over http on localhost a browser would refuse that.
    """

    https: bool

    @cached_property
    def session(self) -> str:
        return self._named("session")

    def sign_in(self, suffix: str) -> str:
        """Name the cookie of one pending sign-in."""
        return self._named(f"signin-{suffix}")

    def session_value(self, request: web.BaseRequest) -> str | None:
        """The session's cookie as it came, if one came."""
        return cookies_of(request).get(self.session)

    def ticket(self, request: web.BaseRequest) -> Ticket | None:
        """Read the session's cookie."""
        return Ticket.parse(self.session_value(request))

    def set(self, response: web.StreamResponse, name: str, value: str, max_age: int) -> None:
        """Set a cookie that lives `max_age` seconds; name and value are this program's own.

        They need no quoting, so the header is written here: by http.cookies it takes ten times as long.
        """
        secure = "; Secure" if self.https else ""
        response.headers.add(
            SET_COOKIE,
            f"{name}={value}; Max-Age={max_age}; Path=/; HttpOnly; SameSite=Lax{secure}",
        )

    def forget(self, response: web.StreamResponse, name: str) -> None:
        """Delete a cookie; browsers want the attributes it was set with."""
        self.set(response, name, "", 0)

    def _named(self, name: str) -> str:
        return f"__Host-{name}" if self.https else name


def cookies_of(request: web.BaseRequest) -> dict[str, str]:
    """All cookies that came, as they came (RFC 6265 section 5.4); of one name the last.

    The values that this program sets are never quoted. aiohttp's own reading, made for all that servers
    have ever set, takes ten times as long.

    Only what HTTP calls white space is stripped. To Python more is: U+2000 and `__Host-session` is a name
    that a browser lets a sibling host set, and must not become `__Host-session` here.
    """
    found = {}
    for pair in request.headers.get(COOKIE, "").split(";"):
        name, equals, value = pair.partition("=")
        if equals:
            found[name.strip(" \t")] = value.strip(" \t")
    return found


COOKIES = web.AppKey("COOKIES", Cookies)
