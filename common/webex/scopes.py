"""OAuth scopes: what each lets an integration do, in words for people.

Source: Webex developer guide "Integrations & Authorization", list of scopes.
"""

from collections.abc import Iterable

# With it comes an ID token (OpenID Connect Core section 3.1.2.1).
OPENID = "openid"
MEANINGS = {
    "spark:people_read": "See your name, avatar and who you work with",
    "spark:rooms_read": "See the titles of your spaces",
    "spark:memberships_read": "See who is in your spaces",
    "spark:memberships_write": "Add people to your spaces",
    "spark:messages_read": "Read the messages in your spaces",
    "spark:messages_write": "Post and delete messages for you",
    "spark:all": "Use all of Webex for you",
    "spark:kms": "Decrypt what is encrypted for you: titles, messages and files",
    OPENID: "Know that it is you",
    "email": "See your e-mail address",
    "profile": "See your profile",
}


def split_scopes(text: str) -> tuple[str, ...]:
    """Split a space-separated list (RFC 6749 section 3.3), without repeats."""
    return tuple(dict.fromkeys(text.split()))


def explained(scopes: Iterable[str]) -> list[tuple[str, str]]:
    """Pair each scope with its meaning."""
    return [(scope, MEANINGS.get(scope, "A permission that Webex describes")) for scope in scopes]


def not_covered(wanted: Iterable[str], granted: Iterable[str]) -> list[str]:
    """The scopes still missing; spark:all covers every spark: scope except spark:kms."""
    have = set(granted)
    everything = "spark:all" in have
    return [
        scope
        for scope in wanted
        if scope not in have
        and not (everything and scope.startswith("spark:") and scope != "spark:kms")
    ]
