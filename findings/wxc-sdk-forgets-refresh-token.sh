# wxc-sdk throws away its refresh token when a refresh answers without one, which RFC 6749 section 6 means as "keep yours": the next refresh has nothing to send.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check wxc-sdk==1.41.0
cat >"$folder/show.py" <<'PYTHON'
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version
from urllib.parse import parse_qs

from wxc_sdk.integration import Integration
from wxc_sdk.tokens import Tokens


class TokenEndpoint(BaseHTTPRequestHandler):
    """Gives a new access token, and leaves the refresh token as it is by not naming it."""

    sent = []

    def do_POST(self):
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.sent.append(form.get("refresh_token"))
        answer = {"access_token": f"token {len(self.sent)}", "expires_in": 64799, "token_type": "Bearer"}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json;charset=UTF-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), TokenEndpoint)
threading.Thread(target=server.serve_forever, daemon=True).start()
integration = Integration(
    client_id="id",
    client_secret="secret",
    scopes="spark:all",
    redirect_url="http://localhost:6001/redirect",
    token_service=f"http://127.0.0.1:{server.server_port}/v1/access_token",
)
tokens = Tokens(access_token="old", refresh_token="the refresh token")
integration.refresh(tokens=tokens)
kept = tokens.refresh_token
integration.refresh(tokens=tokens)
print(f"wxc-sdk {version('wxc-sdk')}")
print("expected: both refreshes send 'the refresh token', and it is kept")
print(f"seen: kept {kept!r}; sent {TokenEndpoint.sent}")
assert kept is None
assert TokenEndpoint.sent == [["the refresh token"], None]
PYTHON
"$folder/venv/bin/python" "$folder/show.py"
