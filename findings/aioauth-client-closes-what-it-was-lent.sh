# aioauth-client closes an HTTP client that it was given (`transport=`) after its first request: the sign-in gets its token, and the next step, reading who that is, ends in a RuntimeError, as does whoever else uses that client.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check aioauth-client==0.30.1 httpx==0.28.1
cat >"$folder/show.py" <<'PYTHON'
import asyncio
from importlib.metadata import version

import httpx
from aioauth_client import OAuth2Client


def webex(request):
    token = {"access_token": "insecure-token", "expires_in": 1209599}
    return httpx.Response(200, json=token if request.method == "POST" else {"displayName": "Ada Lovelace"})


async def main():
    shared = httpx.AsyncClient(transport=httpx.MockTransport(webex))
    client = OAuth2Client(
        "id",
        "insecure-secret",
        base_url="https://webexapis.example/v1/",
        access_token_url="https://webexapis.example/v1/access_token",
        transport=shared,
    )
    token, _ = await client.get_access_token("insecure-code", redirect_uri="https://app.example/oauth")
    try:
        who = await client.request("GET", "people/me")
    except RuntimeError as error:
        who = error
    return token, who, shared.is_closed


token, who, closed = asyncio.run(main())
print(f"aioauth-client {version('aioauth-client')}, httpx {httpx.__version__}, with a client of the caller's")
print("expected: the token, then the person; the caller's client stays open")
print(f"seen: {token}, then {type(who).__name__}: {who}; closed: {closed}")
assert token == "insecure-token" and isinstance(who, RuntimeError) and closed
PYTHON
"$folder/venv/bin/python" "$folder/show.py"
