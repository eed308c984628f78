"""What a person reads of a browser, from the User-Agent headers that browsers send."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth_service.sessions.words import browser_name

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Firefox on Linux",
        ),
        (f"Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} Chrome/140.0 Safari/537.36", "Chrome on Linux"),
        (
            f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/140.0 Safari/537.36 Edg/140.0",
            "Edge on Windows",
        ),
        (
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
                "Version/18.5 Safari/605.1.15"
            ),
            "Safari on macOS",
        ),
        (
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 "
                "(KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
            ),
            "Safari on an iPhone",
        ),
        (
            (
                "Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
                "CriOS/140.0 Mobile/15E148 Safari/604.1"
            ),
            "Chrome on an iPad",
        ),
        (
            f"Mozilla/5.0 (Linux; Android 16; K) {WEBKIT} SamsungBrowser/28.0 Chrome/130.0 Safari/537.36",
            "Samsung Internet on Android",
        ),
        (f"Mozilla/5.0 (X11; CrOS x86_64 16181.61) {WEBKIT} Chrome/140.0", "Chrome on ChromeOS"),
        (f"Mozilla/5.0 (X11; Linux) {WEBKIT} Chrome/140.0 OPR/124.0", "Opera on Linux"),
        ("curl/8.14.1", "curl"),
        ("Mozilla/5.0", "A browser"),
        ("", "A browser"),
    ],
)
def test_a_browser_is_named_in_a_few_words(user_agent: str, name: str) -> None:
    assert browser_name(user_agent) == name


@given(st.text(max_size=2000))
def test_a_name_is_short_and_plain_whatever_the_header_says(user_agent: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9 ]{1,60}", browser_name(user_agent))
