"""Where a sign-in may lead: to this site's own pages, whatever `next` says."""

from urllib.parse import unquote, urljoin, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from yarl import URL

from auth_service.sign_in.return_path import HOME, MAX_LENGTH, return_path
from tests.hostile_paths import ROUND_TRIPS, hostile_paths

SITE = "http://localhost:8080"
GOOD = (
    "/",
    "/spaces",
    "/widget?tab=2",
    "/api/me",
    "/a/b/c.html",
    "/a%20b",
    "/caf%C3%A9",
    "/search?q=a+b&next=//elsewhere.example",
    "/page#part",
    "/loginpage",
    "/a/login",
    "/~ada/(draft)",
    "/" + "a" * (MAX_LENGTH - 1),
)


LEFT_RAW = (
    ("/spaces?q=a|b", "/spaces?q=a%7Cb"),
    ("/spaces?q={a}^`b`", "/spaces?q=%7Ba%7D%5E%60b%60"),
    ("/spaces?path=C:\\docs\\a", "/spaces?path=C:%5Cdocs%5Ca"),
    ("/spaces?q=100%", "/spaces?q=100%25"),
    ("/spaces?q=100%&r=%41%", "/spaces?q=100%25&r=%41%25"),
    ("/a|b^c", "/a%7Cb%5Ec"),
    ("/page#a|b", "/page#a%7Cb"),
    ('/spaces?q="<a>"', "/spaces?q=%22%3Ca%3E%22"),
)


def stays_on_this_site(value: str) -> bool:
    """Judge by two parsers, as an absolute address and as a path that a browser resolves."""
    path = return_path(value)
    origins = {
        urlsplit(SITE + path).netloc,
        urlsplit(urljoin(f"{SITE}/oauth?code=a", path)).netloc,
        URL(SITE + path).authority,
        URL(f"{SITE}/oauth").join(URL(path)).authority,
    }
    return (
        origins == {"localhost:8080"}
        and path.isascii()
        and path.isprintable()
        and not path.startswith(("//", "/\\"))
    )


def leads_to_a_page(value: str) -> bool:
    """Judge the path as a server does that decodes it and resolves its dots."""
    resolved = urlsplit(urljoin(SITE, unquote(unquote(return_path(value)))))
    return resolved.path.strip("/").split("/")[0].lower() not in ("login", "oauth", "logout")


def test_none_of_800_hostile_values_leaves_this_site() -> None:
    corpus = hostile_paths()
    assert len(corpus) >= 800
    assert [value for value in corpus if not stays_on_this_site(value)] == []


def test_no_hostile_value_leads_back_into_the_sign_in() -> None:
    assert [value for value in hostile_paths() if not leads_to_a_page(value)] == []


@pytest.mark.parametrize("value", ROUND_TRIPS, ids=ascii)
def test_a_next_that_points_at_the_sign_in_itself_becomes_the_home_page(value: str) -> None:
    assert return_path(value) == HOME


@pytest.mark.parametrize("value", GOOD)
def test_a_path_of_this_site_is_kept_to_the_letter(value: str) -> None:
    assert return_path(value) == value


@pytest.mark.parametrize(("value", "encoded"), LEFT_RAW)
def test_what_a_browser_leaves_raw_in_an_address_comes_back_encoded(
    value: str, encoded: str
) -> None:
    assert return_path(value) == encoded


def test_a_backslash_in_the_path_is_never_a_page_of_ours() -> None:
    """A browser would have made a slash of it: whoever sends one wants to be read in two ways."""
    assert return_path("/a\\b?q=c") == HOME


@pytest.mark.parametrize("value", [None, "", "/" + "a" * MAX_LENGTH, "/?" + "|" * 600])
def test_a_missing_or_oversized_next_becomes_the_home_page(value: str | None) -> None:
    assert return_path(value) == HOME


@settings(deadline=None, database=None)
@given(st.one_of(st.text(), st.text(alphabet="/\\.:@%25fcC#?;\t\n aet[]").map(lambda t: f"/{t}")))
def test_no_text_at_all_leaves_this_site(value: str) -> None:
    assert return_path(value) == HOME or unquote(return_path(value)) == unquote(value)
    assert return_path(return_path(value)) == return_path(value)
    assert stays_on_this_site(value)
