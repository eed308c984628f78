"""What changes something must come from our own pages."""

import pytest
from aiohttp.test_utils import make_mocked_request

from common.web.from_our_pages import is_cross_site

SITE = "http://localhost:8080"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "something-new"},
        {"Sec-Fetch-Site": "cross-site", "Origin": SITE},
        {"Origin": "http://evil.example"},
        {"Origin": "http://localhost:9090"},
        {"Origin": "http://localhost:8080.evil.example"},
        {"Origin": "https://localhost:8080"},
        {"Origin": "null"},
        {"Origin": ""},
    ],
)
def test_another_sites_request_is_recognised(headers: dict[str, str]) -> None:
    assert is_cross_site(make_mocked_request("POST", "/logout", headers), SITE)


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": SITE},
        {},
    ],
)
def test_our_own_pages_and_clients_that_are_no_browsers_pass(headers: dict[str, str]) -> None:
    assert not is_cross_site(make_mocked_request("POST", "/logout", headers), SITE)


@pytest.mark.parametrize(
    ("public_url", "origin"),
    [
        ("https://greetings.example:443", "https://greetings.example"),
        ("http://localhost:80", "http://localhost"),
        ("https://greetings.example:8443", "https://greetings.example:8443"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_the_port_of_the_scheme_is_in_no_origin(public_url: str, origin: str) -> None:
    request = make_mocked_request("POST", "/logout", {"Origin": origin})
    assert not is_cross_site(request, public_url)
