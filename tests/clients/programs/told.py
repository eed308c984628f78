"""What every Python program here is told, and how it reports; the standard library only."""

import json
import os
import sys
import threading
import traceback
import urllib.request
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Queue
from typing import Any

SANDBOX = os.environ["SANDBOX"]
CLIENT_ID = os.environ["CLIENT_ID"]
CLIENT_SECRET = os.environ["CLIENT_SECRET"]
REDIRECT_URI = os.environ["REDIRECT_URI"]
BOT_TOKEN = os.environ["BOT_TOKEN"]
SPACE_ID = os.environ["SPACE_ID"]
CARD = {
    "type": "AdaptiveCard",
    "version": "1.3",
    "body": [{"type": "Input.Text", "id": "name", "label": "Your name"}],
    "actions": [{"type": "Action.Submit", "title": "Send"}],
}
CARD_ATTACHMENT = {"contentType": "application/vnd.microsoft.card.adaptive", "content": CARD}


def step(name: str, action: Callable[[], Any]) -> Any:
    """Run the action, and report how it went."""
    detail, ok, result = "", True, None
    try:
        result = action()
    except Exception as error:  # noqa: BLE001 - whatever a client raises is its answer
        ok, detail = False, f"{type(error).__name__}: {error}"[:600]
        traceback.print_exc(file=sys.stdout)
    print("@step " + json.dumps({"name": name, "ok": ok, "detail": detail}), flush=True)
    return result


def person(authorize_url: str) -> str:
    """Let a person sign in and consent there; give the address that the browser is sent to."""
    print(f"@person {authorize_url}", flush=True)
    answer = input()
    if answer.startswith("refused"):
        raise AssertionError(answer)
    return answer


def call(method: str, path: str, body: Any = None, token: str = "") -> Any:
    """Call the sandbox without any client."""
    request = urllib.request.Request(
        SANDBOX + path,
        method=method,
        data=json.dumps(body).encode() if body is not None else None,
        headers={
            "Content-Type": "application/json",
            **({"Authorization": f"Bearer {token}"} if token else {}),
        },
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.loads(answer.read() or b"null")


def token_of(email: str, *scopes: str) -> str:
    body = {"email": email, "scopes": list(scopes) or ["spark:all", "spark:kms"]}
    return str(call("POST", "/_sandbox/tokens", body)["access_token"])


class Receiver:
    """A server on loopback that keeps what is posted to it."""

    def __init__(self) -> None:
        received: Queue[tuple[Mapping[str, str], bytes]] = Queue()
        self.received = received

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()
                received.put((self.headers, body))

            def log_message(self, *_: Any) -> None:
                """Stay silent."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def next(self) -> tuple[Mapping[str, str], bytes]:
        return self.received.get(timeout=8)
