"""Pages of Webex's lists: the next one is followed only where the token may go."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from app_service.moment import is_moment, moment
from app_service.webex import next_link, read_page

HERE = "https://webexapis.com/v1/rooms?max=2"


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ('<https://webexapis.com/v1/rooms?cursor=a%2Fb>; rel="next"', "?cursor=a%2Fb"),
        ("</v1/rooms?cursor=x>; rel=next", "?cursor=x"),
        (
            '<https://webexapis.com/v1/rooms?a=1,2>; rel="prev", <?cursor=y>; rel="next"',
            "?cursor=y",
        ),
    ],
)
def test_the_next_page_of_the_same_list_is_followed(link: str, expected: str) -> None:
    assert next_link(HERE, {"Link": link}) == f"https://webexapis.com/v1/rooms{expected}"


@pytest.mark.parametrize(
    "target",
    [
        "https://example.net/v1/rooms?cursor=x",
        "http://webexapis.com/v1/rooms?cursor=x",
        "https://webexapis.com:8443/v1/rooms?cursor=x",
        "https://webexapis.com.example.net/v1/rooms",
        "https://webexapis.com@example.net/v1/rooms",
        "https://user:pass@webexapis.com/v1/rooms?cursor=x",
        "https://webexapis.com/v1/people/me",
        "//example.net/v1/rooms",
        "https://[/v1/rooms",
        "",
    ],
)
def test_no_other_address_is_followed(target: str) -> None:
    followed = next_link(HERE, {"Link": f'<{target}>; rel="next"'})
    assert followed is None or followed == HERE


@pytest.mark.parametrize(
    "link", ['<?x>; rel="prev"', "rubbish", "", '<?x>; title="rel=next"', "<>"]
)
def test_what_is_no_next_page_is_none(link: str) -> None:
    assert next_link(HERE, {"Link": link}) is None


@given(st.text(max_size=60))
def test_whatever_the_header_says_the_token_stays_at_webex(text: str) -> None:
    followed = next_link(HERE, {"Link": f'<{text}>; rel="next"'})
    assert followed is None or URL(followed).origin() == URL(HERE).origin()


@pytest.mark.parametrize("body", [{}, {"items": None}, {"items": {}}, {"items": "x"}])
def test_a_list_of_another_shape_is_no_list(body: dict[str, object]) -> None:
    assert read_page(HERE, {}, body) is None


def test_entries_that_are_no_objects_are_passed_over() -> None:
    page = read_page(HERE, {}, {"items": [{"id": "a"}, None, 1, "x", []]})
    assert page is not None
    assert page.items == [{"id": "a"}]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-01-31T10:00:00.123Z", "2026-01-31T10:00:00.123Z"),
        ("2026-01-31T12:00:00+02:00", "2026-01-31T10:00:00.000Z"),
        ("2026-01-31T10:00:00.123456Z", "2026-01-31T10:00:00.123Z"),
        ("2026-01-31T10:00:00", "2026-01-31T10:00:00.000Z"),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
        ("", None),
        (None, None),
        (5, None),
        ("2" * 100, None),
    ],
)
def test_instants_have_one_form_or_none(value: object, expected: str | None) -> None:
    assert moment(value) == expected
    assert expected is None or is_moment(expected)
