# aiohttp's worker for gunicorn has its socket listen once more, for 128 connections: gunicorn's `backlog` (2048 by default) holds for no longer than the start. gunicorn's own worker leaves it alone.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check aiohttp==3.14.5 gunicorn==27.0.1
cat >"$folder/site_of_two.py" <<'PYTHON'
from aiohttp import web


async def asynchronous():
    app = web.Application()
    app.router.add_get("/", lambda _: web.Response())
    return app


def plain(environ, start):
    start("200 OK", [])
    return [b""]
PYTHON
cat >"$folder/show.py" <<'PYTHON'
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from importlib.metadata import version
from pathlib import Path

COME, BACKLOG, SECONDS = 400, 2048, 0.8


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def connected(port):
    """How many of COME connections are made before a lost packet is sent again, after a second."""
    ready = selectors.DefaultSelector()
    for _ in range(COME):
        one = socket.socket()
        one.setblocking(False)
        one.connect_ex(("127.0.0.1", port))
        ready.register(one, selectors.EVENT_WRITE)
    until = time.monotonic() + SECONDS
    made = 0
    while made < COME and (left := until - time.monotonic()) > 0:
        for key, _ in ready.select(left):
            made += 1
            ready.unregister(key.fileobj)
            key.fileobj.close()
    return made


def queue(worker, app):
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--backlog", str(BACKLOG)]
    server = subprocess.Popen([*command, "--worker-class", worker, app], stderr=subprocess.DEVNULL)
    try:
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).close()
                break
            except OSError:
                time.sleep(0.1)
        children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text()
        # Busy for a moment, as a worker may be: nobody takes connections out of the queue.
        worker_pid = int(children)
        os.kill(worker_pid, signal.SIGSTOP)
        try:
            return connected(port)
        finally:
            os.kill(worker_pid, signal.SIGCONT)
    finally:
        server.terminate()
        server.wait()


os.chdir(sys.argv[1])
own = queue("sync", "site_of_two:plain")
theirs = queue("aiohttp.GunicornWebWorker", "site_of_two:asynchronous")
print(f"gunicorn {version('gunicorn')} with --backlog {BACKLOG}, aiohttp {version('aiohttp')}; a worker that is busy, {COME} connections")
print("expected: all of them find room in the queue, whichever worker it is")
print(f"seen: before gunicorn's own worker {own} do, before aiohttp's {theirs}")
assert own == COME
assert theirs < 150
PYTHON
"$folder/venv/bin/python" "$folder/show.py" "$folder"
