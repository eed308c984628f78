# webex-byova runs each synchronous refresh of an integration's token in an event loop of its own, with one HTTP client for all of them: the first refresh works, and the second one ends in "Event loop is closed", however long after.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check webex-byova==0.2.0 httpx==0.28.1 httpcore==1.0.9 anyio==4.12.0
cat >"$folder/show.py" <<'PYTHON'
import asyncio
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version

from webex_byova._http import HttpClient
from webex_byova.auth.integration import IntegrationTokenManager
from webex_byova.auth.storage import InMemoryTokenStorage
from webex_byova.config import BYOVAConfig
from webex_byova.models.auth import IntegrationCredentials, OAuthTokens


class Webex(BaseHTTPRequestHandler):
    """Keeps its connections, as Webex does."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        tokens = {"access_token": "second", "expires_in": 1209600, "refresh_token": "kept"}
        answer = json.dumps({**tokens, "refresh_token_expires_in": 7776000, "token_type": "Bearer"}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def outcome(refresh):
    try:
        return refresh().access_token
    except RuntimeError as error:
        return str(error)


def manager():
    config = BYOVAConfig(token_url=f"http://127.0.0.1:{server.server_port}/v1/access_token")
    storage = InMemoryTokenStorage()
    asyncio.run(storage.set_integration_tokens(OAuthTokens(access_token="first", refresh_token="kept", expires_in=1)))
    credentials = IntegrationCredentials(client_id="client", client_secret="insecure")
    return IntegrationTokenManager(credentials, HttpClient(config), storage)


async def both(tokens):
    return [(await tokens.arefresh()).access_token for _ in range(2)]


server = ThreadingHTTPServer(("127.0.0.1", 0), Webex)
threading.Thread(target=server.serve_forever, daemon=True).start()
soon, late = manager(), manager()
seen = {"at once": [outcome(soon.refresh), outcome(soon.refresh)]}
first = outcome(late.refresh)
time.sleep(6)  # httpx itself ends a connection that was idle for five seconds
seen["six seconds later"] = [first, outcome(late.refresh)]
print(f"webex-byova {version('webex-byova')} with httpx {version('httpx')}, refresh() twice")
for when, answers in seen.items():
    print(f"{when}; expected: ['second', 'second']; seen: {answers}")
print(f"arefresh() twice in one event loop: {asyncio.run(both(manager()))}")
assert list(seen.values()) == [["second", "Event loop is closed"]] * 2
PYTHON
"$folder/venv/bin/python" "$folder/show.py"
