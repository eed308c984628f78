"""The OAuth flow by itself: what is asked of Webex, and what is believed of its answers."""

import math
import string
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auth_service.oauth import flow
from auth_service.oauth.flow import CallbackMalformed, TokensMalformed
from common.sessions.record import Tokens

CLIENT = flow.Client("insecure-id", "insecure-secret", "http://localhost:8080/oauth")
NOW = 1_800_000_000
TOKEN = "Zm9v_PF84_1eb65fdf-9643-417f-9974-ad72cae0e10f"
URL_SAFE = set(string.ascii_letters + string.digits + "-_")


def parsed(**body: Any) -> Tokens:
    return flow.parse_tokens({"access_token": TOKEN, **body}, now=NOW, asked=("spark:people_read",))


def test_the_code_challenge_is_that_of_rfc_7636_appendix_b() -> None:
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert flow.code_challenge(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_states_and_verifiers_are_long_url_safe_and_never_the_same_twice() -> None:
    values = [make() for make in (flow.new_state, flow.new_code_verifier) for _ in range(500)]
    assert len(set(values)) == len(values)
    assert all(len(value) == 43 and set(value) <= URL_SAFE for value in values)


def test_the_authorization_request_has_what_webex_documents_and_no_secret() -> None:
    url = flow.authorization_url(
        "https://webexapis.com/v1/authorize",
        CLIENT,
        scopes=("spark:people_read", "spark:kms"),
        state="a state",
        verifier="dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    )
    parts = urlsplit(url)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == "https://webexapis.com/v1/authorize"
    assert parse_qsl(parts.query, strict_parsing=True) == [
        ("response_type", "code"),
        ("client_id", "insecure-id"),
        ("redirect_uri", "http://localhost:8080/oauth"),
        ("scope", "spark:people_read spark:kms"),
        ("state", "a state"),
        ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ("code_challenge_method", "S256"),
    ]


def test_the_token_request_carries_the_secret_and_the_verifier() -> None:
    assert flow.code_exchange_form(CLIENT, code="c", verifier="v") == {
        "grant_type": "authorization_code",
        "code": "c",
        "redirect_uri": "http://localhost:8080/oauth",
        "client_id": "insecure-id",
        "client_secret": "insecure-secret",
        "code_verifier": "v",
    }


def test_the_client_does_not_print_its_secret() -> None:
    assert "insecure-secret" not in repr(CLIENT)


def test_a_callback_with_a_code_is_understood() -> None:
    callback = flow.parse_callback([("code", "c"), ("state", "s"), ("unknown", "x")])
    assert callback == flow.Callback("c", "s", None)


def test_a_callback_with_an_error_needs_no_state() -> None:
    assert flow.parse_callback([("error", "server_error")]) == flow.Callback(
        None, None, "server_error"
    )


def test_a_callback_does_not_print_its_code_and_state() -> None:
    shown = repr(flow.Callback("the code", "the state", None))
    assert "the code" not in shown
    assert "the state" not in shown


@pytest.mark.parametrize(
    "parameters",
    [
        [],
        [("code", "c")],
        [("state", "s")],
        [("code", ""), ("state", "s")],
        [("code", "c"), ("state", "")],
        [("error", ""), ("state", "s")],
        [("code", "c"), ("code", "c"), ("state", "s")],
        [("code", "c"), ("state", "s"), ("state", "t")],
        [("error", "a"), ("error", "a"), ("state", "s")],
        [("code", "c"), ("error", "access_denied"), ("state", "s")],
        [("code", "c" * 2049), ("state", "s")],
        [("code", "c"), ("state", "s" * 2049)],
        [("error", "e" * 2049), ("state", "s")],
    ],
)
def test_a_missing_doubled_oversized_or_contradictory_parameter_is_refused(
    parameters: list[tuple[str, str]],
) -> None:
    with pytest.raises(CallbackMalformed):
        flow.parse_callback(parameters)


@settings(deadline=None, database=None)
@given(
    st.lists(st.tuples(st.sampled_from(["code", "state", "error", "error_description"]), st.text()))
)
def test_a_callback_is_understood_or_refused_whatever_it_says(
    parameters: list[tuple[str, str]],
) -> None:
    try:
        callback = flow.parse_callback(parameters)
    except CallbackMalformed:
        return
    assert (callback.code is None) != (callback.error is None)
    assert callback.code is None or callback.state


def test_a_whole_token_answer_is_read() -> None:
    tokens = parsed(
        expires_in=1209599,
        refresh_token="refresh",
        refresh_token_expires_in=7775999,
        token_type="Bearer",
        scope="spark:kms spark:people_read spark:kms",
    )
    assert tokens == Tokens(
        access_token=TOKEN,
        access_ends_at=NOW + 1209599,
        refresh_token="refresh",
        refresh_ends_at=NOW + 7775999,
        scopes=("spark:kms", "spark:people_read"),
    )


def test_an_access_token_alone_is_enough_and_means_that_all_was_granted() -> None:
    assert parsed() == Tokens(
        access_token=TOKEN,
        access_ends_at=None,
        refresh_token=None,
        refresh_ends_at=None,
        scopes=("spark:people_read",),
    )


@pytest.mark.parametrize(
    ("lifetime", "seconds"), [(64799, 64799), ("3600", 3600), (3600.9, 3600), (1, 1)]
)
def test_a_lifetime_is_believed_as_a_number_or_as_its_digits(
    lifetime: object, seconds: int
) -> None:
    assert parsed(expires_in=lifetime).access_ends_at == NOW + seconds


@pytest.mark.parametrize(
    "lifetime",
    [None, 0, -1, True, "", "soon", "-5", "1e9", "٣", "9" * 40, 1e300, math.inf, math.nan, [], {}],
)
def test_a_lifetime_that_makes_no_sense_is_unknown_not_an_error(lifetime: object) -> None:
    assert parsed(expires_in=lifetime).access_ends_at is None


@pytest.mark.parametrize(
    "token",
    [None, "", 5, ["a"], "a b", "a\r\nX-Injected: 1", "a\n", "\x00", "tökén", "a" * 4097, "\ud800"],
)
def test_a_token_that_could_break_out_of_a_header_is_refused(token: object) -> None:
    with pytest.raises(TokensMalformed):
        flow.parse_tokens({"access_token": token}, now=NOW, asked=())
    if token:
        with pytest.raises(TokensMalformed):
            parsed(refresh_token=token)


@pytest.mark.parametrize("scope", [None, "", "  ", 5, ["spark:all"]])
def test_a_scope_that_says_nothing_means_what_was_asked(scope: object) -> None:
    assert parsed(scope=scope).scopes == ("spark:people_read",)
