"""Webex as the auth service needs it: token endpoint, revocation endpoint, and who the person is."""

import asyncio
import logging
import time
from collections.abc import Sequence
from typing import Any

import aiohttp

from auth_service.oauth import flow
from auth_service.oauth.id_token import ProofMissing, ProofTooOld, check_proof
from auth_service.oauth.issuer import IssuerOfWebex
from common.background import Background
from common.sessions.record import Tokens
from common.settings.webex import WebexAddresses
from common.webex.http import WebexAnswer, WebexError, WebexHttp, WebexMalformed

log = logging.getLogger(__name__)

# A person who signs out waits no longer than this for Webex; seconds.
REVOKE_PATIENCE_SECONDS = 0.8


class WebexOAuth:
    """The verbs of the grant. Each raises a WebexError.

    Nothing that Webex may have read is sent again, as codes are good once (common.webex.http, `send`).
    """

    def __init__(
        self,
        http: WebexHttp,
        addresses: WebexAddresses,
        client: flow.Client,
        *,
        max_age: int | None = None,
    ) -> None:
        self._issuer = IssuerOfWebex(http, addresses.api_url)
        self._max_age = max_age
        self._http = http
        self._addresses = addresses
        self._client = client
        self._revoking = Background()

    def authorization_url(self, *, scopes: Sequence[str], state: str, verifier: str) -> str:
        return flow.authorization_url(
            self._addresses.authorize_url,
            self._client,
            scopes=scopes,
            state=state,
            verifier=verifier,
            max_age=self._max_age,
        )

    async def exchange(self, *, code: str, verifier: str, asked: Sequence[str]) -> Tokens:
        """Exchange the code (POST /access_token); raise ProofMissing or ProofTooOld if proof is wanted."""
        form = flow.code_exchange_form(self._client, code=code, verifier=verifier)
        answer, tokens = await self._token_request(form, asked)
        if self._max_age is not None:
            try:
                await self._check_proof(answer.body.get("id_token"), verifier, self._max_age)
            except (WebexError, ProofMissing, ProofTooOld):
                await self.revoke(tokens)
                raise
        return tokens

    async def refresh(self, *, refresh_token: str, asked: Sequence[str]) -> Tokens:
        """Ask for a new access token (POST /access_token); `refresh_token` may be absent in it."""
        form = flow.refresh_form(self._client, refresh_token=refresh_token)
        _, tokens = await self._token_request(form, asked)
        return tokens

    async def person_id(self, access_token: str) -> str:
        """The id of the person who signed in (GET /people/me)."""
        answer = await self._http.get(
            f"{self._addresses.api_url}/people/me", access_token=access_token
        )
        person_id: Any = answer.body.get("id")
        if not isinstance(person_id, str) or not 0 < len(person_id) < 512:
            raise WebexMalformed(tracking_id=answer.tracking_id)
        return person_id

    async def revoke(
        self, tokens: Tokens, *, patience_seconds: float = REVOKE_PATIENCE_SECONDS
    ) -> None:
        """Revoke both tokens (RFC 7009). Slow or failing revocation goes on behind the answer."""
        pairs = [("access_token", tokens.access_token), ("refresh_token", tokens.refresh_token)]
        tasks = [self._revoking.spawn(self._revoke(token, hint)) for hint, token in pairs if token]
        await asyncio.wait(tasks, timeout=patience_seconds)

    async def finish_revoking(self) -> None:
        """Wait for what is still under way; each request has a time limit of its own."""
        await self._revoking.finish()

    async def _check_proof(self, token: object, verifier: str, max_age: int) -> None:
        if not isinstance(token, str):
            raise ProofMissing
        check_proof(
            token,
            issuer=await self._issuer.of(token),
            client_id=self._client.client_id,
            nonce=flow.nonce_of(verifier),
            max_age=max_age,
            now=time.time(),
        )

    async def _token_request(
        self, form: dict[str, str], asked: Sequence[str]
    ) -> tuple[WebexAnswer, Tokens]:
        answer = await self._http.post_form(f"{self._addresses.api_url}/access_token", form)
        try:
            return answer, flow.parse_tokens(answer.body, now=int(time.time()), asked=asked)
        except flow.TokensMalformed:
            raise WebexMalformed(tracking_id=answer.tracking_id) from None

    async def _revoke(self, token: str, hint: str) -> None:
        credentials = aiohttp.encode_basic_auth(self._client.client_id, self._client.client_secret)
        try:
            await self._http.post_form(
                self._addresses.revoke_url,
                {"token": token, "token_type_hint": hint},
                Authorization=credentials,
            )
        except WebexError:
            # The session is gone here; the token lives on at Webex until it ends by itself.
            log.warning("revocation_failed", extra={"hint": hint})
