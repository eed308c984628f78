"""Sealed values: they open in their place, with their secret and one of the keys, or not at all."""

import re

import pytest

from common.sessions import sealing
from common.sessions.sealing import FORMAT, NewerFormatError, SealBrokenError, Sealer

OLD, NEW = "insecure-old-key-0123456789abcdefgh", "insecure-new-key-0123456789abcdefgh"
PLACE = {"purpose": "session", "place": "session:a"}
PLAIN = b"a token that nobody may read"
SECRET = b"s" * 32


@pytest.fixture
def sealer() -> Sealer:
    return Sealer([OLD])


@pytest.fixture
def sealed(sealer: Sealer) -> bytes:
    return sealer.seal(PLAIN, secret=SECRET, **PLACE)


def test_what_was_sealed_opens_with_the_same_secret_in_the_same_place(
    sealer: Sealer, sealed: bytes
) -> None:
    assert sealer.open(sealed, secret=SECRET, **PLACE) == PLAIN


def test_sealing_twice_never_gives_the_same_bytes(sealer: Sealer) -> None:
    assert len({sealer.seal(PLAIN, secret=SECRET, **PLACE) for _ in range(1000)}) == 1000


def test_nothing_of_the_plain_text_is_to_be_seen(sealed: bytes) -> None:
    assert PLAIN not in sealed
    assert SECRET not in sealed
    assert b"session" not in sealed


def test_a_flipped_bit_anywhere_keeps_it_shut(sealer: Sealer, sealed: bytes) -> None:
    for position in range(len(sealed)):
        for bit in range(8):
            changed = bytearray(sealed)
            changed[position] ^= 1 << bit
            with pytest.raises((SealBrokenError, NewerFormatError)):
                sealer.open(bytes(changed), secret=SECRET, **PLACE)


def test_a_cut_or_lengthened_value_stays_shut(sealer: Sealer, sealed: bytes) -> None:
    for value in (*(sealed[:end] for end in range(len(sealed))), sealed + b"\0", sealed * 2):
        with pytest.raises(SealBrokenError):
            sealer.open(value, secret=SECRET, **PLACE)


def test_a_value_that_was_moved_to_another_place_stays_shut(sealer: Sealer, sealed: bytes) -> None:
    with pytest.raises(SealBrokenError):
        sealer.open(sealed, secret=SECRET, purpose="session", place="session:b")


def test_a_value_sealed_for_another_purpose_stays_shut(sealer: Sealer, sealed: bytes) -> None:
    with pytest.raises(SealBrokenError):
        sealer.open(sealed, secret=SECRET, purpose="sign-in", place="session:a")


@pytest.mark.parametrize("secret", [b"", b"t" * 32, b"s" * 31, b"s" * 33])
def test_a_value_stays_shut_without_its_secret(
    sealer: Sealer, sealed: bytes, secret: bytes
) -> None:
    with pytest.raises(SealBrokenError):
        sealer.open(sealed, secret=secret, **PLACE)


def test_a_value_stays_shut_without_the_servers_key(sealed: bytes) -> None:
    with pytest.raises(SealBrokenError):
        Sealer([NEW]).open(sealed, secret=SECRET, **PLACE)


def test_another_keys_name_on_a_value_does_not_open_it(sealed: bytes) -> None:
    """The name of the key stands in front; putting another one there must not help."""
    other = Sealer([NEW]).seal(PLAIN, secret=SECRET, **PLACE)
    with pytest.raises(SealBrokenError):
        Sealer([NEW, OLD]).open(other[:6] + sealed[6:], secret=SECRET, **PLACE)


def test_keys_rotate_without_anything_becoming_unreadable() -> None:
    before, during, after = Sealer([OLD]), Sealer([NEW, OLD]), Sealer([NEW])
    old_value = before.seal(PLAIN, secret=SECRET, **PLACE)
    assert during.open(old_value, secret=SECRET, **PLACE) == PLAIN
    new_value = during.seal(PLAIN, secret=SECRET, **PLACE)
    assert after.open(new_value, secret=SECRET, **PLACE) == PLAIN
    with pytest.raises(SealBrokenError):
        after.open(old_value, secret=SECRET, **PLACE)


def test_a_newer_format_is_told_apart_from_a_broken_seal(
    sealer: Sealer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as newer_release:
        newer_release.setattr(sealing, "FORMAT", FORMAT + 1)
        newer = sealer.seal(PLAIN, secret=SECRET, **PLACE)
    with pytest.raises(NewerFormatError):
        sealer.open(newer, secret=SECRET, **PLACE)


def test_a_newer_format_that_somebody_only_claims_is_a_broken_seal(
    sealer: Sealer, sealed: bytes
) -> None:
    for version in range(FORMAT + 1, 256):
        with pytest.raises(SealBrokenError):
            sealer.open(bytes((version,)) + sealed[1:], secret=SECRET, **PLACE)


def test_a_value_under_a_key_that_is_not_known_yet_is_told_apart_from_a_broken_seal() -> None:
    """In the middle of an update some have the new key and some have not."""
    updated, not_yet, later = Sealer([NEW, OLD]), Sealer([OLD]), Sealer([NEW])
    with pytest.raises(NewerFormatError):
        not_yet.open(updated.seal(PLAIN, secret=SECRET, **PLACE), secret=SECRET, **PLACE)
    with pytest.raises(SealBrokenError):
        not_yet.open(later.seal(PLAIN, secret=SECRET, **PLACE), secret=SECRET, **PLACE)


def test_which_keys_its_maker_knew_cannot_be_changed_in_a_value() -> None:
    both = Sealer([NEW, OLD])
    sealed = both.seal(PLAIN, secret=SECRET, **PLACE)
    without_old = bytes((sealed[0], 1)) + sealed[2:6] + sealed[10:]
    with pytest.raises(SealBrokenError):
        both.open(without_old, secret=SECRET, **PLACE)


def test_a_fingerprint_is_stable_keyed_and_says_nothing() -> None:
    old, new = Sealer([OLD]), Sealer([NEW])
    (name,) = old.fingerprints("person", purpose="person")
    assert old.fingerprints("person", purpose="person") == (name,)
    assert len(name) == 64
    assert name not in new.fingerprints("person", purpose="person")
    assert name not in old.fingerprints("person", purpose="other")
    assert name not in old.fingerprints("persons", purpose="person")


def test_fingerprints_under_rotated_keys_come_newest_first() -> None:
    newest, oldest = Sealer([NEW, OLD]).fingerprints("person", purpose="person")
    assert Sealer([NEW]).fingerprints("person", purpose="person") == (newest,)
    assert Sealer([OLD]).fingerprints("person", purpose="person") == (oldest,)


def test_a_seal_as_text_opens_again_and_whatever_else_comes_is_broken(sealer: Sealer) -> None:
    for length in range(4):
        text = sealer.seal_text(b"x" * length, **PLACE)
        assert re.fullmatch(r"[A-Za-z0-9_-]+", text)
        assert sealer.open_text(text, **PLACE) == b"x" * length
    for text in ("", "x", "xxxxx", "%%%%", "\u0442", "\ud800", "A" * 100):
        with pytest.raises(SealBrokenError):
            sealer.open_text(text, **PLACE)


def test_no_key_is_no_sealer() -> None:
    with pytest.raises(ValueError, match="key"):
        Sealer([])
