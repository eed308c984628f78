"""Pending sign-ins: a cookie each, bound to this browser and to its own name."""

import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any, cast

import pytest
from msgspec.structs import replace

from auth_service.sign_in.pending import VALID_SECONDS, PendingSignIn, PendingSignIns
from auth_service.sign_in.return_path import MAX_LENGTH
from common.sessions import sealing
from common.sessions.cookies import Cookies
from common.sessions.newer_record import NewerRecord
from common.sessions.sealing import FORMAT, Sealer
from common.settings.scopes import MOST_SCOPE_CHARACTERS

KEY = "insecure-key-of-the-tests-only-0123456789"
OTHER_KEY = "insecure-other-key-of-the-tests-0123456789"
PUBLIC_URLS = {False: "http://localhost:8080", True: "https://greetings.example"}
SCOPES = ("spark:people_read",)


def pending_with(*keys: str, https: bool = False) -> PendingSignIns:
    return PendingSignIns(cast("Any", None), Sealer(keys), Cookies(PUBLIC_URLS[https]))


@pytest.fixture
def pending_sign_ins() -> PendingSignIns:
    return pending_with(KEY)


def pending(*, age: float = 0, next_path: str = "/") -> PendingSignIn:
    return PendingSignIn.start(next_path=next_path, scopes=SCOPES, now=time.time() - age)


def jar(pending_sign_ins: PendingSignIns, *signs: PendingSignIn) -> dict[str, str]:
    return dict(pending_sign_ins.seal(sign) for sign in signs)


def start_another(
    pending_sign_ins: PendingSignIns, cookies: dict[str, str], sign: PendingSignIn
) -> None:
    """Do with a browser's cookies what /login does."""
    name, value = pending_sign_ins.seal(sign)
    for old in pending_sign_ins.to_forget(cookies, room_for=len(name) + len(value) + 3):
        del cookies[old]
    cookies[name] = value


def header_bytes(cookies: Mapping[str, str]) -> int:
    return len("; ".join(f"{name}={value}" for name, value in cookies.items()))


def test_a_sign_in_is_found_again_by_its_state(pending_sign_ins: PendingSignIns) -> None:
    one, two = pending(next_path="/spaces"), pending()
    cookies = jar(pending_sign_ins, one, two)
    assert pending_sign_ins.find(cookies, one.state) == one
    assert pending_sign_ins.find(cookies, two.state) == two


def test_another_browsers_state_finds_nothing(pending_sign_ins: PendingSignIns) -> None:
    assert pending_sign_ins.find(jar(pending_sign_ins, pending()), pending().state) is None
    assert pending_sign_ins.find({}, pending().state) is None


def test_a_cookie_under_another_sign_ins_name_does_not_open(
    pending_sign_ins: PendingSignIns,
) -> None:
    mine, planted = pending(), pending()
    cookies = {pending_sign_ins.cookie_name(mine.state): pending_sign_ins.seal(planted)[1]}
    assert pending_sign_ins.find(cookies, mine.state) is None


def test_a_cookie_names_and_shows_nothing_of_the_sign_in(pending_sign_ins: PendingSignIns) -> None:
    sign = pending(next_path="/a-page-that-nobody-should-see")
    name, value = pending_sign_ins.seal(sign)
    for hidden in (sign.state, sign.verifier, sign.next):
        assert hidden not in name
        assert hidden not in value


def test_a_changed_cookie_does_not_open(pending_sign_ins: PendingSignIns) -> None:
    sign = pending()
    name, value = pending_sign_ins.seal(sign)
    sealed = urlsafe_b64decode(value + "==")
    for position in range(1, len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        cookies = {name: urlsafe_b64encode(changed).decode()}
        assert pending_sign_ins.find(cookies, sign.state) is None


def test_a_sign_in_that_a_newer_release_started_is_left_to_it(
    pending_sign_ins: PendingSignIns, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign = pending()
    with monkeypatch.context() as newer_release:
        newer_release.setattr(sealing, "FORMAT", FORMAT + 1)
        name, value = pending_sign_ins.seal(sign)
    with pytest.raises(NewerRecord):
        pending_sign_ins.find({name: value}, sign.state)


def test_a_cookie_that_only_claims_to_be_newer_is_no_sign_in(
    pending_sign_ins: PendingSignIns,
) -> None:
    sign = pending()
    name, value = pending_sign_ins.seal(sign)
    newer = bytes((FORMAT + 1,)) + urlsafe_b64decode(value + "==")[1:]
    assert pending_sign_ins.find({name: urlsafe_b64encode(newer).decode()}, sign.state) is None


@pytest.mark.parametrize("value", ["", "A", "=", "é", "AAAA" * 2000, "\\u0000", "\x00", '"'])
def test_a_cookie_that_was_never_ours_is_no_sign_in(
    pending_sign_ins: PendingSignIns, value: str
) -> None:
    sign = pending()
    assert (
        pending_sign_ins.find({pending_sign_ins.cookie_name(sign.state): value}, sign.state) is None
    )


def test_a_sign_in_outlives_the_rotation_of_keys(pending_sign_ins: PendingSignIns) -> None:
    sign = pending()
    assert pending_with(OTHER_KEY, KEY).find(jar(pending_sign_ins, sign), sign.state) == sign
    assert pending_with(OTHER_KEY).find(jar(pending_sign_ins, sign), sign.state) is None


def test_a_sign_in_is_good_for_ten_minutes(pending_sign_ins: PendingSignIns) -> None:
    assert not pending(age=VALID_SECONDS - 1).expired
    late = pending(age=VALID_SECONDS + 1)
    found = pending_sign_ins.find(jar(pending_sign_ins, late), late.state)
    assert found is not None
    assert found.expired


def test_a_finished_sign_in_keeps_where_to_go_and_nothing_secret() -> None:
    sign = pending(next_path="/spaces")
    finished = sign.finished("the code")
    assert (finished.state, finished.next, finished.verifier) == (sign.state, "/spaces", "")
    assert "the code" not in repr(finished) + finished.answer


def test_a_finished_sign_in_knows_the_code_that_it_ended_with(
    pending_sign_ins: PendingSignIns,
) -> None:
    sign = pending().finished("the code")
    found = pending_sign_ins.find(jar(pending_sign_ins, sign), sign.state)
    assert found == sign
    assert found.was_finished_by("the code")
    assert not found.was_finished_by("another code")
    assert not found.was_finished_by(None)
    assert not pending().was_finished_by("")


def test_a_sign_in_does_not_print_its_state_or_verifier() -> None:
    sign = pending()
    assert sign.state not in repr(sign)
    assert sign.verifier not in repr(sign)


def test_of_a_hundred_starts_the_newest_five_still_work(pending_sign_ins: PendingSignIns) -> None:
    cookies: dict[str, str] = {}
    signs = [pending() for _ in range(100)]
    for sign in signs:
        start_another(pending_sign_ins, cookies, sign)
    assert [sign for sign in signs if pending_sign_ins.find(cookies, sign.state)] == signs[-5:]


@pytest.mark.parametrize("next_path", ["/", "/" + "a" * 511, "/" + "a" * (MAX_LENGTH - 1)])
def test_the_cookie_header_stays_under_4_kilobytes(
    pending_sign_ins: PendingSignIns, next_path: str
) -> None:
    cookies: dict[str, str] = {}
    for _ in range(100):
        newest = pending(next_path=next_path)
        start_another(pending_sign_ins, cookies, newest)
        session = {"session-8080": "1." + "A" * 64}
        assert header_bytes({**cookies, **session}) < 4096
        assert pending_sign_ins.find(cookies, newest.state) == newest


def test_a_way_back_that_does_not_fit_beside_very_many_scopes_is_left_out_not_the_sign_in(
    pending_sign_ins: PendingSignIns,
) -> None:
    """A browser drops a cookie of more than 4096 bytes, and with it the sign-in."""
    scopes = tuple(f"scope:{number:04}" for number in range(MOST_SCOPE_CHARACTERS // 11))
    sign = PendingSignIn.start(
        next_path="/" + "a" * (MAX_LENGTH - 1), scopes=scopes, now=time.time()
    )
    cookies = jar(pending_sign_ins, sign)
    assert header_bytes(cookies) < 4096 - len(
        "; Max-Age=3600; Path=/; HttpOnly; SameSite=Lax; Secure"
    )
    assert pending_sign_ins.find(cookies, sign.state) == replace(sign, next="/")


def test_cookies_that_do_not_open_make_room_and_foreign_ones_stay(
    pending_sign_ins: PendingSignIns,
) -> None:
    cookies = {
        "signin-8080-0123456789abcdef": "rubbish",
        "theme": "dark",
        **jar(pending_sign_ins, pending()),
    }
    assert pending_sign_ins.to_forget(cookies, room_for=300) == ["signin-8080-0123456789abcdef"]


def test_over_https_the_cookie_has_the_host_prefix() -> None:
    pending_sign_ins = pending_with(KEY, https=True)
    name, value = pending_sign_ins.seal(pending())
    assert name.startswith("__Host-signin-")
    others = {"signin-8080-a": "", "signin-a": "", "theme": ""}
    assert pending_sign_ins.all_names({name: value, **others}) == [name]
