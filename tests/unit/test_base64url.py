"""base64url as Python's own module has it."""

import base64
import os

import pytest

from common.base64url import from_text, to_text


@pytest.mark.parametrize("length", range(7))
def test_bytes_are_the_text_that_pythons_own_makes_of_them_without_padding(length: int) -> None:
    for data in (os.urandom(length), b"\xfb\xff" * length):
        text = to_text(data)
        assert text == base64.urlsafe_b64encode(data).decode().rstrip("=")
        assert from_text(text) == data


@pytest.mark.parametrize("text", ["a", "abcde", "ä", "\u2212abc"])
def test_what_is_no_base64_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        from_text(text)
