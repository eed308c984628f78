"""Bytes as text for cookies and addresses: base64url without padding (RFC 4648 section 5)."""

import binascii

TO_URL = bytes.maketrans(b"+/", b"-_")
FROM_URL = bytes.maketrans(b"-_", b"+/")


def to_text(data: bytes) -> str:
    """As base64.urlsafe_b64encode has it, without padding; that one takes two calls more in Python."""
    return binascii.b2a_base64(data, newline=False).translate(TO_URL).rstrip(b"=").decode()


def from_text(text: str) -> bytes:
    """Read what `to_text` wrote; raise ValueError for what nobody can have written.

    As lenient as base64.urlsafe_b64decode: who wants one spelling compares.
    """
    padding = b"=" * (-len(text) % 4)
    return binascii.a2b_base64(text.encode("ascii").translate(FROM_URL) + padding)
