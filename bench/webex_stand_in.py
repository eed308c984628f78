"""`python -m bench.webex_stand_in PORT`: a Webex with fixed answers, where the sandbox would be too slow.

Everybody who asks /v1/authorize is somebody new and has accepted at once. It answers what the services
and the peers ask in a sign-in, in the sandbox's shapes, and is strict where a contender could cheat: the
code verifier must match the challenge. It keeps nothing: codes and tokens carry what they stand for.
"""

import asyncio
import base64
import hashlib
import itertools
import json
import secrets
import sys
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import cast
from urllib.parse import parse_qsl, urlencode, urlsplit

import uvloop

from bench.tools.raw_http import content_length
from webex_sandbox.ids import CLUSTER, ORG_UUID
from webex_sandbox.people import People, Person, as_json
from webex_sandbox.sign_in.signing_key import SigningKey, base64url

PEOPLE = 1000
HOST = "127.0.0.1"


@dataclass
class Webex:
    """What the answers are made from."""

    origin: str
    delay: float = 0.0
    """Seconds before an answer of the API; pages for people come at once."""
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)
    _people: People = field(default_factory=People)
    _key: SigningKey = field(default_factory=SigningKey)

    def authorize(self, query: dict[str, str]) -> str:
        """The address to go back to, with a code."""
        code = _packed(
            {
                "number": next(self._numbers) % PEOPLE,
                "challenge": query.get("code_challenge", ""),
                "nonce": query.get("nonce", ""),
                "client_id": query["client_id"],
            }
        )
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def token(self, form: dict[str, str]) -> dict[str, object] | None:
        """A token answer, or None for a verifier that does not match."""
        code = _unpacked(form["code"])
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if code["challenge"] != base64url(digest):
            return None
        access = _token(int(code["number"]))
        answer: dict[str, object] = {
            "access_token": access,
            "expires_in": 1_209_599,
            "refresh_token": _token(int(code["number"])),
            "refresh_token_expires_in": 7_775_999,
            "token_type": "Bearer",
            "scope": "spark:people_read",
        }
        if code["nonce"]:
            answer["id_token"] = self._id_token(code, access)
        return answer

    def person(self, access_token: str) -> Person:
        number = int(base64.b64decode(access_token.partition("_")[0])[-12:], 16)
        found = self._people.by_email(f"person-{number}@example.com")
        assert found is not None
        return found

    def described(self, access_token: str) -> dict[str, object]:
        """Describe the person as people/me does."""
        return as_json(self.person(access_token), sandbox_url=self.origin, now=time.time())

    def claims(self, access_token: str) -> dict[str, object]:
        """Describe the person as userinfo does."""
        person = self.person(access_token)
        return {"sub": person.uuid, "name": person.display_name, "email": person.email}

    def jwks(self) -> dict[str, object]:
        return {**self._key.jwks()}

    def discovery(self) -> dict[str, object]:
        return {
            "issuer": f"{self.origin}/idb",
            "authorization_endpoint": f"{self.origin}/v1/authorize",
            "token_endpoint": f"{self.origin}/v1/access_token",
            "userinfo_endpoint": f"{self.origin}/v1/userinfo",
            "jwks_uri": f"{self.origin}/v1/verification",
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
        }

    def _id_token(self, code: dict[str, str], access_token: str) -> str:
        now, digest = int(time.time()), hashlib.sha256(access_token.encode()).digest()
        claims = {
            "iss": f"{self.origin}/idb",
            "sub": self.person(access_token).uuid,
            "aud": code["client_id"],
            "exp": now + 3600,
            "iat": now,
            "nonce": code["nonce"],
            "at_hash": base64url(digest[:16]),
        }
        return self._key.sign(claims)


class Connection(asyncio.Protocol):
    """HTTP/1.1 with keep-alive, as much of it as HTTP clients use towards an API."""

    def __init__(self, webex: Webex) -> None:
        self._webex = webex
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclasses of asyncio's.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, rest = self._received.partition(b"\r\n\r\n")
        length = content_length(head) if end else 0
        if end and len(rest) >= length:
            self._received = rest[length:]
            self._answer(head.decode("latin-1"), rest[:length].decode())

    def _answer(self, head: str, body: str) -> None:
        target = head.split(" ", 2)[1]
        path, query = urlsplit(target).path, dict(parse_qsl(urlsplit(target).query))
        if path == "/v1/authorize":
            return self._send(302, b"", f"Location: {self._webex.authorize(query)}\r\n")
        if path == "/_delay":
            self._webex.delay = float(query["seconds"])
            return self._send(200, b"{}")
        status, answer = self._api(path, head, body)
        payload = json.dumps(answer).encode()
        if self._webex.delay and path != "/healthz":
            asyncio.get_running_loop().call_later(self._webex.delay, self._send, status, payload)
            return None
        return self._send(status, payload)

    def _api(self, path: str, head: str, body: str) -> tuple[int, object]:
        webex = self._webex
        answer: dict[str, object] | None = None
        match path:
            case "/v1/access_token":
                answer = webex.token(dict(parse_qsl(body)))
                return (200, answer) if answer else (400, {"message": "wrong code_verifier"})
            case "/v1/people/me":
                answer = webex.described(_bearer(head))
            case "/v1/userinfo":
                answer = webex.claims(_bearer(head))
            case "/v1/.well-known/openid-configuration":
                answer = webex.discovery()
            case "/v1/verification":
                answer = webex.jwks()
            case "/idb/oauth2/v1/revoke" | "/healthz":
                answer = {}
        missing = {"message": "The requested resource could not be found."}
        return (404, missing) if answer is None else (200, answer)

    def _send(self, status: int, payload: bytes, more: str = "") -> None:
        head = (
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n{more}"
            "Content-Type: application/json;charset=UTF-8\r\n"
            f"Content-Length: {len(payload)}\r\n\r\n"
        )
        if self._transport and not self._transport.is_closing():
            self._transport.write(head.encode() + payload)


def _bearer(head: str) -> str:
    after = head.lower().index("authorization: bearer ") + len("authorization: bearer ")
    return head[after:].partition("\r\n")[0]


def _token(number: int) -> str:
    """As long as a real one (about 106 characters), and of the same three parts."""
    packed = base64.b64encode(f"{secrets.token_hex(18)}{number:012x}".encode()).decode()
    return f"{packed}_{CLUSTER}_{ORG_UUID}"


def _packed(values: dict[str, object]) -> str:
    # Hexadecimal inside, so that base64 needs no sign that a query would have to escape.
    hexadecimal = json.dumps(values).encode().hex()
    return base64.b64encode(hexadecimal.encode()).decode().rstrip("=")


def _unpacked(code: str) -> dict[str, str]:
    hexadecimal = base64.b64decode(code + "=" * (-len(code) % 4)).decode()
    values: dict[str, str] = json.loads(bytes.fromhex(hexadecimal))
    return values


async def main() -> None:
    port = int(sys.argv[1])
    webex = Webex(f"http://{HOST}:{port}")
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(webex), HOST, port, backlog=1024
    )
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
