"""Scopes: lists as OAuth writes them, and what is still missing."""

import pytest

from common.webex.scopes import explained, not_covered, split_scopes


def test_a_list_is_split_at_blanks_without_repeats() -> None:
    assert split_scopes(" spark:kms  spark:all\tspark:kms\n") == ("spark:kms", "spark:all")
    assert split_scopes("") == ()


def test_every_scope_has_words_for_people_even_an_unknown_one() -> None:
    words = dict(explained(["spark:people_read", "spark-admin:unheard_of"]))
    assert all(words.values())
    assert len(set(words.values())) == 2


@pytest.mark.parametrize(
    ("granted", "missing"),
    [
        ([], ["spark:rooms_read", "spark:kms", "openid"]),
        (["spark:rooms_read"], ["spark:kms", "openid"]),
        (["spark:all"], ["spark:kms", "openid"]),
        (["spark:all", "spark:kms", "openid"], []),
    ],
)
def test_spark_all_covers_every_spark_scope_but_decryption(
    granted: list[str], missing: list[str]
) -> None:
    assert not_covered(["spark:rooms_read", "spark:kms", "openid"], granted) == missing
