"""EMBED_ORIGINS (common/settings/embedding.py): exact origins, or a start that says what is wrong."""

import pytest

from common.settings.bound_sessions import BoundSessions
from common.settings.embedding import read_embed_origins
from common.settings.environment import Environment


def read(value: str, *, https: bool = True, required: bool = False) -> tuple[tuple[str, ...], str]:
    env = Environment({"EMBED_ORIGINS": value})
    bound = BoundSessions.REQUIRED if required else BoundSessions.OFFERED
    return read_embed_origins(env, bound, https=https), " ".join(env.problems)


def test_none_by_default() -> None:
    assert read("", https=False, required=True) == ((), "")


def test_origins_are_taken_as_a_browser_writes_them() -> None:
    origins, problems = read("https://Portal.example/ https://intranet.example:8443")
    assert origins == ("https://portal.example", "https://intranet.example:8443")
    assert problems == ""


@pytest.mark.parametrize(
    "value",
    [
        *("http://portal.example", "portal.example", "*", "https://*.example", "null", "'self'"),
        *("https://portal.example/page", "https://a@portal.example", "https://portal.example;"),
        *("https://portal.example:443", "https://portal.example:0", "https://portal.example:x"),
        *("https://[::1", "https://münchen.example", "data:text/html"),
    ],
)
def test_what_is_no_origin_is_refused(value: str) -> None:
    origins, problems = read(value)
    assert origins == ()
    assert "EMBED_ORIGINS must be origins" in problems


def test_over_http_it_is_refused() -> None:
    assert "needs a PUBLIC_URL with https" in read("https://portal.example", https=False)[1]


def test_where_every_session_must_be_bound_it_is_refused() -> None:
    assert "BOUND_SESSIONS=required" in read("https://portal.example", required=True)[1]
