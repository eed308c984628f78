"""Cookies: the same attributes whenever one is set and whenever one is deleted."""

import pytest
from aiohttp import web

from common.sessions.cookies import Cookies
from harness.browser_like import SetCookie


def sent(response: web.Response) -> SetCookie:
    (header,) = response.headers.getall("Set-Cookie")
    return SetCookie.parse(header)


@pytest.mark.parametrize(
    ("public_url", "session", "sign_in"),
    [
        ("https://greetings.example", "__Host-Http-session", "__Host-signin-a1"),
        ("https://greetings.example:8443", "__Host-Http-session", "__Host-signin-a1"),
        ("http://localhost:8080", "session-8080", "signin-8080-a1"),
        ("http://localhost", "session-80", "signin-80-a1"),
        ("http://[::1]:9000", "session-9000", "signin-9000-a1"),
    ],
)
def test_a_cookie_has_a_name_that_a_browser_accepts(
    public_url: str, session: str, sign_in: str
) -> None:
    https = public_url.startswith("https://")
    cookies = Cookies(public_url)
    assert cookies.session == session
    assert cookies.sign_in("a1") == sign_in
    response = web.Response()
    cookies.set(response, cookies.session, "value", 60)
    assert sent(response).acceptable(https=https)


@pytest.mark.parametrize("https", [True, False])
def test_a_deletion_has_the_attributes_of_what_it_deletes(https: bool) -> None:  # noqa: FBT001
    cookies = Cookies("https://greetings.example" if https else "http://localhost:8080")
    setting, deleting = web.Response(), web.Response()
    cookies.set(setting, cookies.session, "value", 60)
    cookies.forget(deleting, cookies.session)
    assert dict(sent(setting).attributes, **{"max-age": "0"}) == sent(deleting).attributes
    assert sent(deleting).deletes
    assert sent(setting).attributes == {
        "httponly": "",
        "max-age": "60",
        "path": "/",
        "samesite": "Lax",
        **({"secure": ""} if https else {}),
    }
