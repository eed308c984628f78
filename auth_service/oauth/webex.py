"""Webex as the auth service needs it: token endpoint, revocation endpoint, and who the person is."""

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from typing import Any

import aiohttp

from auth_service.oauth import flow
from auth_service.oauth.id_token import ProofMissing, check_proof
from auth_service.oauth.issuer import IssuerOfWebex
from common.sessions.record import Tokens
from common.settings.webex import WebexAddresses
from common.silent import Silent
from common.webex.http import WebexAnswer, WebexError, WebexHttp, WebexMalformed

log = logging.getLogger(__name__)


class Granted(Silent, frozen=True):
    """What a code was good for; `proof` is the ID token, if there is one."""

    tokens: Tokens
    proof: object


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

    def authorization_url(
        self, *, scopes: Sequence[str], state: str, verifier: str, prompt: str | None = None
    ) -> str:
        return flow.authorization_url(
            self._addresses.authorize_url,
            self._client,
            scopes=scopes,
            state=state,
            verifier=verifier,
            max_age=self._max_age,
            prompt=prompt,
        )

    async def exchange(self, *, code: str, verifier: str, asked: Sequence[str]) -> Granted:
        """Exchange the code (POST /access_token)."""
        form = flow.code_exchange_form(self._client, code=code, verifier=verifier)
        answer, tokens = await self._token_request(form, asked)
        return Granted(tokens, answer.body.get("id_token"))

    async def check(self, granted: Granted, *, verifier: str) -> None:
        """Raise ProofMissing or ProofTooOld, if a proof of who the person is was asked for."""
        if self._max_age is None:
            return
        if not isinstance(granted.proof, str):
            raise ProofMissing
        check_proof(
            granted.proof,
            issuer=await self._issuer.of(granted.proof),
            client_id=self._client.client_id,
            nonce=flow.nonce_of(verifier),
            max_age=self._max_age,
            now=time.time(),
        )

    async def refresh(self, *, refresh_token: str, asked: Sequence[str]) -> Tokens:
        """Ask for a new access token (POST /access_token); `refresh_token` may be absent in it."""
        form = flow.refresh_form(self._client, refresh_token=refresh_token)
        _, tokens = await self._token_request(form, asked)
        return tokens

    async def person(self, access_token: str) -> dict[str, Any]:
        """The person who signed in, who has an id (GET /people/me)."""
        answer = await self._http.get(
            f"{self._addresses.api_url}/people/me", access_token=access_token
        )
        person_id: Any = answer.body.get("id")
        if not isinstance(person_id, str) or not 0 < len(person_id) < 512:
            raise WebexMalformed(tracking_id=answer.tracking_id)
        return {**answer.body, "id": person_id}

    async def revoke(self, tokens: Mapping[str, str]) -> bool:
        """Revoke tokens, each given with its kind (RFC 7009); whether Webex has said yes to all."""
        done = await asyncio.gather(*(self._revoke(token, kind) for token, kind in tokens.items()))
        return all(done)

    async def _token_request(
        self, form: dict[str, str], asked: Sequence[str]
    ) -> tuple[WebexAnswer, Tokens]:
        answer = await self._http.post_form(f"{self._addresses.api_url}/access_token", form)
        try:
            return answer, flow.parse_tokens(answer.body, now=int(time.time()), asked=asked)
        except flow.TokensMalformed:
            raise WebexMalformed(tracking_id=answer.tracking_id) from None

    async def _revoke(self, token: str, hint: str) -> bool:
        credentials = aiohttp.encode_basic_auth(self._client.client_id, self._client.client_secret)
        try:
            await self._http.post_form(
                self._addresses.revoke_url,
                {"token": token, "token_type_hint": hint},
                Authorization=credentials,
            )
        except WebexError:
            log.warning("revocation_failed", extra={"hint": hint})
            return False
        return True
