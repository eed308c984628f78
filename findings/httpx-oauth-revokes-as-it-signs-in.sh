# httpx-oauth insists on being told how to authenticate where tokens are revoked, checks what it is told, and then uses the way of the token endpoint all the same: where a provider wants the secret in the body for tokens and HTTP Basic for revocations, a revocation that was configured rightly is refused.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check httpx-oauth==0.17.0
cat >"$folder/show.py" <<'PYTHON'
import asyncio
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from urllib.parse import parse_qs

from httpx_oauth.oauth2 import OAuth2, RevokeTokenError

asked = {}


class Webex(BaseHTTPRequestHandler):
    def do_POST(self):
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        basic = self.headers.get("Authorization", "").startswith("Basic ")
        asked[self.path] = "HTTP Basic" if basic else "the body" if "client_secret" in form else "nothing"
        refused = self.path == "/revoke" and not basic
        body = json.dumps({"error": "invalid_client"} if refused else {"access_token": "insecure-token", "token_type": "Bearer"}).encode()
        self.send_response(401 if refused else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


async def main(here):
    client = OAuth2(
        "id",
        "insecure-secret",
        f"{here}/authorize",
        f"{here}/access_token",
        revoke_token_endpoint=f"{here}/revoke",
        token_endpoint_auth_method="client_secret_post",
        revocation_endpoint_auth_method="client_secret_basic",
    )
    token = await client.get_access_token("insecure-code", "https://app.example/oauth")
    try:
        await client.revoke_token(token["access_token"])
    except RevokeTokenError as error:
        return f"{type(error).__name__}, {error.response.status_code}"
    return "revoked"


webex = ThreadingHTTPServer(("127.0.0.1", 0), Webex)
threading.Thread(target=webex.serve_forever, daemon=True).start()
ended = asyncio.run(main(f"http://127.0.0.1:{webex.server_port}"))
print(f"httpx-oauth {version('httpx-oauth')}; token endpoint: client_secret_post, revocation: client_secret_basic")
print("expected: the secret in the body for the token, by HTTP Basic for the revocation; revoked")
print(f"seen: by {asked['/access_token']} for the token, by {asked['/revoke']} for the revocation; {ended}")
assert (asked, ended) == ({"/access_token": "the body", "/revoke": "the body"}, "RevokeTokenError, 401")
PYTHON
"$folder/venv/bin/python" "$folder/show.py"
