"""A Webex that nobody trusts: as behind a proxy that opens TLS and makes certificates of its own."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.certificate import certificate

HOST = "127.0.0.1"


class _Webex(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """Send the person back with a code, as Webex does when they have signed in."""
        asked = parse_qs(urlsplit(self.path).query)
        back = urlencode({"code": "insecure-code", "state": asked.get("state", [""])[0]})
        self.send_response(302)
        self.send_header("Location", f"{asked.get('redirect_uri', ['/'])[0]}?{back}")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing: the terminal is what is looked at."""


@contextmanager
def untrusted_webex(folder: Path) -> Iterator[str]:
    """Run it, and yield the address of its API."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate(folder, HOST))
    server = HTTPServer((HOST, 0), _Webex)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"https://{HOST}:{server.server_port}/v1"
    server.shutdown()
    thread.join()
    server.server_close()
