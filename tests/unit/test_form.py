"""A form reads at the other end as it was meant, whatever is in it."""

from itertools import product
from urllib.parse import parse_qsl, urlencode

from common.webex.form import form_encoded

LETTERS = "aZ9-._~ +%&=?/:#\"'<>[]\\^`{|}!$()*,;@\x00\r\n\u00e9\u20ac\U0001f600"


def test_a_form_is_encoded_as_the_standard_library_does_it() -> None:
    for pair in product(LETTERS, repeat=2):
        form = {"a": "".join(pair), "b": f"plain{pair[0]}"}
        assert form_encoded(form) == urlencode(form)
        assert dict(parse_qsl(form_encoded(form), keep_blank_values=True)) == form
