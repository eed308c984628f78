# aioauth-client announces every body as a form, JSON too: a message that a signed-in client of its sends with `json=` arrives as application/x-www-form-urlencoded, and whoever goes by that finds no field in it. One header of the caller's own, whichever, and the announcement is right.
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

seen = []


def webex(request):
    seen.append((request.headers["Content-Type"], request.content.decode()))
    return httpx.Response(200, json={"id": "1"})


async def main():
    for headers in (None, {"X-Own": "1"}):
        client = OAuth2Client(
            "id",
            "insecure-secret",
            base_url="https://webexapis.example/v1/",
            access_token="insecure-token",
            transport=httpx.AsyncClient(transport=httpx.MockTransport(webex)),
        )
        await client.request("POST", "messages", json={"roomId": "room", "text": "hello"}, headers=headers)


asyncio.run(main())
print(f"aioauth-client {version('aioauth-client')}, httpx {httpx.__version__}: request('POST', 'messages', json={{…}})")
print("expected: application/json each time")
print(f"seen: {seen[0][0]}, with {seen[0][1]}")
print(f"seen as soon as the caller has any header of their own: {seen[1][0]}")
assert [kind for kind, _ in seen] == ["application/x-www-form-urlencoded;charset=UTF-8", "application/json"]
PYTHON
"$folder/venv/bin/python" "$folder/show.py"
