"""How long codes and tokens live and what a refresh answers; /_sandbox/policy changes it."""

from dataclasses import dataclass, fields
from typing import Literal, get_args

from aiohttp import web

RefreshMode = Literal["same", "rotating", "sticky", "absent", "expired"]
REFRESH_MODES: tuple[str, ...] = get_args(RefreshMode)


@dataclass(slots=True, kw_only=True)
class TokenPolicy:
    """Webex's usual lifetimes, in seconds, and its ways to answer a refresh."""

    code_seconds: float = 120
    access_token_seconds: float = 1_209_599
    refresh_token_seconds: float = 7_775_999
    sticky_seconds: float = 86_400
    """How long a sticky refresh answers with the access token that is already there."""
    refresh_mode: RefreshMode = "same"
    """same: the refresh token stays; rotating: a new one, the old one dies; sticky: the same
    access token and expiry for a day; absent: no refresh token in the answer; expired: refused.
    """
    omit: tuple[str, ...] = ()
    """Fields to leave out of every token answer: only access_token is sure at Webex."""

    revoking_ends_others: bool = False
    """Whether whoever revokes one grant ends all that the person gave to the integration: Webex is silent."""

    nonce_required: bool = True
    """Whether the scope openid needs a nonce: Cisco's table says so, Cisco's samples have none."""

    def reset(self) -> None:
        usual = TokenPolicy()
        for field in fields(self):
            setattr(self, field.name, getattr(usual, field.name))


POLICY = web.AppKey("POLICY", TokenPolicy)
