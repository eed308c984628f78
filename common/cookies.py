"""The cookies both services agree on: names, attributes, and nothing that JavaScript can read."""

import re
from dataclasses import dataclass
from functools import cached_property

from aiohttp import web
from aiohttp.hdrs import COOKIE

from common.ticket import Ticket

SIGN_IN_COOKIE_SECONDS = 3600


@dataclass(frozen=True)
class Cookies:
    """Cookies of one installation.

    With https the names carry the `__Host-` prefix: Secure, Path=/ and no Domain, enforced by the
    browser (RFC 6265bis section 4.1.3.2). Over http on localhost a browser would refuse that.
    """

    https: bool

    @property
    def session(self) -> str:
        return self._named("session")

    def sign_in(self, suffix: str) -> str:
        """Name the cookie of one pending sign-in."""
        return self._named(f"signin-{suffix}")

    def session_value(self, request: web.BaseRequest) -> str | None:
        """Find the session's cookie, past all others: parsing each takes longer than opening a session.

        Where a name came twice the last one counts, as in aiohttp's own reading.
        """
        values: list[str] = self._session_value.findall(request.headers.get(COOKIE, ""))
        return values[-1] if values else None

    def ticket(self, request: web.BaseRequest) -> Ticket | None:
        """Read the session's cookie."""
        return Ticket.parse(self.session_value(request))

    @cached_property
    def _session_value(self) -> re.Pattern[str]:
        return re.compile(rf"(?:^|; ?){re.escape(self.session)}=([^;]*)")

    def set(self, response: web.StreamResponse, name: str, value: str, max_age: int) -> None:
        """Set a cookie that lives `max_age` seconds."""
        response.set_cookie(
            name, value, max_age=max_age, path="/", httponly=True, secure=self.https, samesite="Lax"
        )

    def forget(self, response: web.StreamResponse, name: str) -> None:
        """Delete a cookie; browsers want the attributes it was set with."""
        self.set(response, name, "", 0)

    def _named(self, name: str) -> str:
        return f"__Host-{name}" if self.https else name


COOKIES = web.AppKey("COOKIES", Cookies)
