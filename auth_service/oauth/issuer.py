"""Webex's name as an issuer of ID tokens, and its keys: asked for when first needed, and kept for an hour."""

import asyncio
import time

from auth_service.oauth.id_token import Issuer
from common.webex.http import WebexHttp, WebexMalformed

KEPT_SECONDS = 3600
# A token may be signed with a key that is newer than what is kept; so often it is looked for.
LOOK_AGAIN_SECONDS = 60


class IssuerOfWebex:
    """Every method may raise a WebexError."""

    def __init__(self, http: WebexHttp, api_url: str) -> None:
        self._http = http
        self._api_url = api_url
        self._known: Issuer | None = None
        self._asked_at = 0.0

    async def of(self, token: str) -> Issuer:
        """The issuer with its keys, asked anew if the token names a key that is not among them."""
        age = time.monotonic() - self._asked_at
        known = self._known
        if known and age < (KEPT_SECONDS if known.key_of(token) else LOOK_AGAIN_SECONDS):
            return known
        self._known, self._asked_at = await self._ask(), time.monotonic()
        return self._known

    async def _ask(self) -> Issuer:
        # The issuer is another host than the API (idbroker), so its name is taken from what the API says.
        said, keys = await asyncio.gather(
            self._http.send("GET", f"{self._api_url}/.well-known/openid-configuration"),
            self._http.send("GET", f"{self._api_url}/verification"),
        )
        name = said.body.get("issuer")
        if not isinstance(name, str) or not name:
            raise WebexMalformed(tracking_id=said.tracking_id)
        # Imported with the first ID token (auth_service.oauth.id_token).
        import jwt  # noqa: PLC0415

        try:
            return Issuer(name, jwt.PyJWKSet.from_dict(keys.body))
        except (jwt.PyJWTError, KeyError, TypeError, AttributeError, ValueError):
            raise WebexMalformed(tracking_id=keys.tracking_id) from None
