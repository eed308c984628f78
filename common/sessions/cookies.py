"""The cookies both services agree on: names, attributes, and nothing that JavaScript can read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.hdrs import COOKIE, SET_COOKIE

from common.sessions.ticket import Ticket
from common.settings.service import HOST_PREFIX, HTTP_ONLY_PREFIX

SIGN_IN_COOKIE_SECONDS = 3600
EMBEDDED = "/embed/"
"""Below it is what a frame in somebody else's page asks for, with a session of its own."""
# What the session's cookie was called over http; read until the sessions under that name have ended.
FORMER_SESSION = "session"


@dataclass(frozen=True)
class Cookies:
    """Cookies of one installation, which is found at `public_url`.

    With https the names carry the `__Host-` prefix: Secure, Path=/ and no Domain, enforced by the
    browser (RFC 6265bis section 4.1.3.2). A session's own has `prefix`, and is read with either one:
    releases from before know `__Host-` alone. The others are sealed, each for its name.

    Over http on localhost a browser would refuse that. There the names carry the port, because cookies know
    none (RFC 6265 section 8.5), and a site on another port may call its own cookie `session` too, as Flask
    and Starlette do.
    """

    public_url: str
    prefix: str = HTTP_ONLY_PREFIX

    @cached_property
    def https(self) -> bool:
        return self.public_url.startswith("https://")

    @cached_property
    def session(self) -> str:
        return self._held("session")

    @cached_property
    def bound(self) -> str:
        """Name the short cookie of a bound session (common.sessions.bound_cookie).

        With the other prefix Chromium 156 takes no cookie for a session's (InvalidCredentialsCookie).
        """
        return self._named("bound")

    @cached_property
    def sign_out(self) -> str:
        """Name the cookie of a sign-out that could not be finished."""
        return self._named("signout")

    @cached_property
    def attributes(self) -> str:
        """What every cookie of ours has behind its lifetime."""
        return f"Path=/; HttpOnly; SameSite=Lax{'; Secure' if self.https else ''}"

    @cached_property
    def embedded(self) -> str:
        """Name the cookie of a session in a frame (over https only)."""
        return self._held("embed")

    @cached_property
    def grant(self) -> str:
        """Name the cookie of a session that waits to be given to a frame."""
        return self._named("embedding")

    def sign_in(self, suffix: str) -> str:
        """Name the cookie of one pending sign-in."""
        return self._sign_in + suffix

    def given(self, suffix: str) -> str:
        """Name the cookie of a session that this browser was given (auth_service.sign_in.landing)."""
        return self._given + suffix

    @cached_property
    def _sign_in(self) -> str:
        return f"{self._named('signin')}-"

    @cached_property
    def _given(self) -> str:
        return f"{self._named('given')}-"

    def of_session(
        self, request: web.BaseRequest, found: Mapping[str, str] | None = None
    ) -> tuple[str | None, str | None]:
        """The session's cookie as it came, if one came, and the short one.

        In a frame that of the frame, and only there; it has no short one. `found` are all `cookies_of` the
        request, if they are known.
        """
        found = cookies_of(request) if found is None else found
        if request.path.startswith(EMBEDDED):
            return _first(found, self._spelt("embed")), None
        # With every page, so what mostly comes is looked for first.
        value = found.get(self.session)
        if value is None:
            value = _first(found, self._sessions)
        return value, found.get(self.bound)

    def ticket(self, request: web.BaseRequest) -> Ticket | None:
        """Read the session's cookie."""
        return Ticket.parse(self.of_session(request)[0])

    def set_session(
        self, found: Mapping[str, str], response: web.StreamResponse, value: str, max_age: int
    ) -> None:
        """Set the session's cookie; one that goes by another of its names among `found` is deleted."""
        self.set(response, self.session, value, max_age)
        self._forget_others(found, response)

    def set_embedded(self, response: web.StreamResponse, value: str, max_age: int) -> None:
        """Set the cookie of a session in a frame: kept for the page around it alone (CHIPS).

        A browser that does not know Partitioned keeps it like any cookie of a third party, or not at all.
        """
        self._set_partitioned(response, self.embedded, value, max_age)

    def forget_embedded(self, response: web.StreamResponse) -> None:
        for name in self._spelt("embed"):
            self._set_partitioned(response, name, "", 0)

    def forget_session(self, found: Mapping[str, str], response: web.StreamResponse) -> None:
        self.forget(response, self.session)
        self._forget_others(found, response)
        if self.bound in found:
            self.forget(response, self.bound)

    def set(self, response: web.StreamResponse, name: str, value: str, max_age: int) -> None:
        """Set a cookie that lives `max_age` seconds; name and value are this program's own.

        They need no quoting, so the header is written here: by http.cookies it takes ten times as long.
        """
        response.headers.add(SET_COOKIE, f"{name}={value}; Max-Age={max_age}; {self.attributes}")

    def forget(self, response: web.StreamResponse, name: str) -> None:
        """Delete a cookie; browsers want the attributes it was set with."""
        self.set(response, name, "", 0)

    def _set_partitioned(
        self, response: web.StreamResponse, name: str, value: str, max_age: int
    ) -> None:
        kept = f"Max-Age={max_age}; Path=/; HttpOnly; Secure; SameSite=None; Partitioned"
        response.headers.add(SET_COOKIE, f"{name}={value}; {kept}")

    def _forget_others(self, found: Mapping[str, str], response: web.StreamResponse) -> None:
        """Delete the session's cookies by another name; over http what is no ticket is another site's."""
        for name in self._sessions:
            if name == self.session or name not in found:
                continue
            if self.https or (self.session not in found and Ticket.parse(found[name])):
                self.forget(response, name)

    @cached_property
    def _sessions(self) -> tuple[str, ...]:
        return self._spelt("session") if self.https else (self.session, FORMER_SESSION)

    def _held(self, name: str) -> str:
        return f"{self.prefix}{name}" if self.https else self._named(name)

    def _spelt(self, name: str) -> tuple[str, ...]:
        """All names under which it is read; the one that is written comes first."""
        if not self.https:
            return (self._named(name),)
        other = HOST_PREFIX if self.prefix == HTTP_ONLY_PREFIX else HTTP_ONLY_PREFIX
        return f"{self.prefix}{name}", f"{other}{name}"

    def _named(self, name: str) -> str:
        return (
            f"{HOST_PREFIX}{name}"
            if self.https
            else f"{name}-{urlsplit(self.public_url).port or 80}"
        )


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


def _first(found: Mapping[str, str], names: Iterable[str]) -> str | None:
    for name in names:
        if name in found:
            return found[name]
    return None


COOKIES = web.AppKey("COOKIES", Cookies)
