"""Who is signed in to the sandbox in which browser, as an identity provider remembers it."""

import secrets
from collections import OrderedDict
from dataclasses import dataclass

from aiohttp import web

from webex_sandbox.clock import Clock
from webex_sandbox.people import Person

COOKIE = "webex_sandbox_login"
_KEPT = 20_000


@dataclass(frozen=True, slots=True)
class Login:
    handle: str
    person: Person
    signed_in_at: float
    form_key: str
    """Stands in the consent form, so that no other site can press Accept."""


class Logins:
    """The newest sign-ins; the oldest is forgotten when there are too many."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._by_handle: OrderedDict[str, Login] = OrderedDict()
        self._consents: dict[tuple[str, str], frozenset[str]] = {}

    def reset(self) -> None:
        self._by_handle.clear()
        self._consents.clear()

    def begin(self, person: Person) -> Login:
        login = Login(
            handle=secrets.token_urlsafe(24),
            person=person,
            signed_in_at=self._clock.now(),
            form_key=secrets.token_urlsafe(18),
        )
        self._by_handle[login.handle] = login
        if len(self._by_handle) > _KEPT:
            self._by_handle.popitem(last=False)
        return login

    def of(self, request: web.Request) -> Login | None:
        return self._by_handle.get(request.cookies.get(cookie_of(request), ""))

    def end(self, request: web.Request) -> None:
        self._by_handle.pop(request.cookies.get(cookie_of(request), ""), None)

    def remember_consent(self, person: Person, client_id: str, scopes: tuple[str, ...]) -> None:
        key = (person.id, client_id)
        self._consents[key] = self._consents.get(key, frozenset()) | set(scopes)

    def has_consented(self, person: Person, client_id: str, scopes: tuple[str, ...]) -> bool:
        return set(scopes) <= self._consents.get((person.id, client_id), frozenset())


LOGINS = web.AppKey("LOGINS", Logins)


def cookie_of(request: web.Request) -> str:
    """Its name. Cookies know no ports, and there may be a second sandbox on localhost."""
    return f"{COOKIE}_{request.url.port}"


def remember(request: web.Request, response: web.StreamResponse, login: Login) -> None:
    response.set_cookie(cookie_of(request), login.handle, httponly=True, samesite="Lax", path="/")


def forget(request: web.Request, response: web.StreamResponse) -> None:
    response.del_cookie(cookie_of(request), httponly=True, samesite="Lax", path="/")
