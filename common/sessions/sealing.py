"""Authenticated encryption of everything that leaves the process: AES-256-GCM, keys by HKDF.

A sealed value opens only with one of SESSION_KEYS, with the same secret and purpose, and in the same
place (a Redis key, a cookie name): a value that was moved, mixed up or cut does not open.
"""

import os
from collections.abc import Mapping, Sequence
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from common.base64url import from_text, to_text

# What this release writes, and the oldest that it still reads.
FORMAT = 1
OLDEST_FORMAT = 1
NONCE_BYTES = 12
TAG_BYTES = 16
KEY_ID_BYTES = 4
SHA_256 = SHA256()


class SealBrokenError(Exception):
    """The value was not sealed here, with these keys, for this place; or it was changed."""


class NewerFormatError(Exception):
    """Sealed by a newer release, or under a key that is newer than ours; leave it alone."""


class NewerKeyError(NewerFormatError):
    """Sealed under a key that is newer than ours, by somebody who knows one of ours as well."""


class Sealer:
    """Seals under the first key and opens under any of them, so that keys can rotate.

    Layout: format (1 byte), number of keys (1), their ids (4 each, that of the seal first, then the
    others that its maker knew), nonce (12, random), ciphertext with its 16-byte tag. Associated data:
    all before the nonce, and the place. Sources: NIST SP 800-38D (GCM), RFC 5869 (HKDF).

    A newer format keeps the envelope: header, nonce, ciphertext with its tag. So whoever does not know what
    is inside can still tell whether it is genuine.

    Whoever knows one of the other keys, but not the seal's, has not heard of a new key yet: in the middle
    of an update that is no broken seal.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        """Take SESSION_KEYS, newest first."""
        if not keys:
            raise ValueError("at least one key is needed")
        self._roots = {_key_id(key): sha256(b"root:" + key.encode()).digest() for key in keys}
        self._newest = _key_id(keys[0])
        self._ids = tuple(self._roots)
        self._key_ids = bytes((len(self._ids),)) + b"".join(self._ids)
        self._header = bytes((FORMAT,)) + self._key_ids
        self._for_all: dict[str, Ciphers] = {}

    def seal(self, plain: bytes, *, purpose: str, place: str, secret: bytes = b"") -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        cipher = self.ciphers(purpose, secret)[self._newest]
        header = bytes((FORMAT,)) + self._key_ids
        return header + nonce + cipher.encrypt(nonce, plain, header + place.encode())

    def open(self, sealed: bytes, *, purpose: str, place: str, secret: bytes = b"") -> bytes:
        """Return what was sealed; raise SealBrokenError or NewerFormatError."""
        return self.open_with(self.ciphers(purpose, secret), sealed, place=place)

    def seal_text(self, plain: bytes, *, purpose: str, place: str) -> str:
        """Seal for a cookie or an address: base64url without padding (RFC 4648 section 5)."""
        sealed = self.seal(plain, purpose=purpose, place=place)
        return to_text(sealed)

    def open_text(self, text: str, *, purpose: str, place: str) -> bytes:
        """Return what was sealed by seal_text; raise as open does."""
        try:
            sealed = from_text(text)
        except ValueError:  # no base64, or not ASCII
            raise SealBrokenError from None
        return self.open(sealed, purpose=purpose, place=place)

    def ciphers(self, purpose: str, secret: bytes) -> "Ciphers":
        """For whoever opens several values under one secret: deriving a key costs more than opening."""
        if secret:
            return Ciphers(self._roots, purpose, secret)
        # Without a secret of their own they are the same for everybody.
        if purpose not in self._for_all:
            self._for_all[purpose] = Ciphers(self._roots, purpose, secret)
        return self._for_all[purpose]

    def open_with(self, ciphers: "Ciphers", sealed: bytes, *, place: str) -> bytes:
        """Return what was sealed; raise as open does."""
        header, key_ids = self._header_of(sealed)
        if key_ids[0] not in self._roots:
            if not self._roots.keys().isdisjoint(key_ids):
                raise NewerKeyError
            raise SealBrokenError
        rest = sealed[len(header) :]
        cipher = ciphers[key_ids[0]]
        try:
            plain = cipher.decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], header + place.encode())
        except (InvalidTag, ValueError):  # ValueError: too short for a nonce
            raise SealBrokenError from None
        # Only now: anybody can write a higher number into the first byte.
        if header[0] > FORMAT:
            raise NewerFormatError
        return plain

    def is_outdated(self, sealed: bytes) -> bool:
        """Whether it was sealed under a key that is not the first any more; raise as open does."""
        _, key_ids = self._header_of(sealed)
        return key_ids[0] != self._newest

    def _header_of(self, sealed: bytes) -> tuple[bytes, Sequence[bytes]]:
        """What stands before the nonce, and the ids of the keys in it; mostly as this process writes it."""
        if sealed.startswith(self._header):
            return self._header, self._ids
        return _header(sealed)

    def fingerprints(self, value: str, *, purpose: str) -> tuple[str, ...]:
        """Stable, keyed names for a value (hex), one per key, newest first.

        They stand for a value that must not be readable, such as a person's id in a Redis key.
        """
        return tuple(
            _derive(root, f"fingerprint:{purpose}", value.encode()).hex()
            for root in self._roots.values()
        )


class Ciphers(dict[bytes, AESGCM]):
    """The cipher of each key id, for one purpose and secret; derived when it is first asked for."""

    def __init__(self, roots: Mapping[bytes, bytes], purpose: str, secret: bytes) -> None:
        super().__init__()
        self._roots, self._purpose, self._secret = roots, purpose, secret

    def __missing__(self, key_id: bytes) -> AESGCM:
        cipher = AESGCM(_derive(self._roots[key_id], self._purpose, self._secret))
        self[key_id] = cipher
        return cipher


def seal_of(sealed: bytes) -> bytes:
    """What tells sealed values apart: the tag, which the key, a nonce of its own, place and content go into.

    Whoever changed the rest could not make the value open as anything else.
    """
    return sealed[-TAG_BYTES:]


def _derive(root: bytes, purpose: str, secret: bytes) -> bytes:
    return HKDF(SHA_256, 32, salt=None, info=purpose.encode()).derive(root + secret)


def _key_id(key: str) -> bytes:
    """Tell keys apart without telling anything about them."""
    return sha256(b"key id:" + key.encode()).digest()[:KEY_ID_BYTES]


def _header(sealed: bytes) -> tuple[bytes, list[bytes]]:
    """What stands before the nonce, and the ids of the keys in it."""
    version, count = (*sealed[:2], 0, 0)[:2]
    if version < OLDEST_FORMAT or not count:
        raise SealBrokenError
    header = sealed[: 2 + count * KEY_ID_BYTES]
    starts = range(2, len(header), KEY_ID_BYTES)
    return header, [header[start : start + KEY_ID_BYTES] for start in starts] or [b""]
