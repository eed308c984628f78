"""Cookies: the same attributes whenever one is set and whenever one is deleted."""

import pytest
from aiohttp import web

from common.sessions.cookies import Cookies
from harness.browser_like import SetCookie


def sent(response: web.Response) -> SetCookie:
    (header,) = response.headers.getall("Set-Cookie")
    return SetCookie.parse(header)


@pytest.mark.parametrize(("https", "prefix"), [(True, "__Host-"), (False, "")])
def test_a_cookie_has_a_name_that_a_browser_accepts(https: bool, prefix: str) -> None:  # noqa: FBT001
    cookies = Cookies(https=https)
    assert cookies.session == f"{prefix}session"
    assert cookies.sign_in("a1") == f"{prefix}signin-a1"
    response = web.Response()
    cookies.set(response, cookies.session, "value", 60)
    assert sent(response).acceptable(https=https)


@pytest.mark.parametrize("https", [True, False])
def test_a_deletion_has_the_attributes_of_what_it_deletes(https: bool) -> None:  # noqa: FBT001
    cookies = Cookies(https=https)
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
