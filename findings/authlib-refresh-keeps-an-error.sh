# Authlib takes the error of Webex's token endpoint for a new token, hands it to update_token, and so the stored token is gone.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check authlib==1.9.10 requests==2.32.5
cat >"$folder/show.py" <<'PYTHON'
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import authlib
from authlib.integrations.requests_client import OAuth2Session

ERROR = {
    "message": "The refresh token provided is expired, revoked, malformed, or invalid.",
    "errors": [{"description": "The refresh token provided is expired, revoked, malformed, or invalid."}],
    "trackingId": "ROUTER_6565",
}


class TokenEndpoint(BaseHTTPRequestHandler):
    """Answers as Webex does: 400, and words for people under "message" instead of RFC 6749's "error"."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps(ERROR).encode()
        self.send_response(400)
        self.send_header("Content-Type", "application/json;charset=UTF-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), TokenEndpoint)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}/v1/access_token"
stored = {"access_token": "old", "refresh_token": "the refresh token", "token_type": "Bearer", "expires_at": 1}


def update_token(token, refresh_token=None, access_token=None):
    """What Authlib's documentation asks for: write the new token where the old one was."""
    stored.clear()
    stored.update(token)


session = OAuth2Session("id", "secret", token=dict(stored), token_endpoint=url, update_token=update_token)
raised = None
try:
    session.refresh_token(url, "the refresh token")
except Exception as error:
    raised = error
print(f"Authlib {authlib.__version__}")
print("expected: a 400 from the token endpoint raises, and update_token is not called")
print(f"seen: raised {raised!r}; now stored: {sorted(stored)}")
assert raised is None
assert "access_token" not in stored
assert stored["message"] == ERROR["message"]
PYTHON
"$folder/venv/bin/python" "$folder/show.py"
