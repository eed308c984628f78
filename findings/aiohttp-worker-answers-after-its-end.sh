# aiohttp's worker for gunicorn goes on taking requests for up to a second after it was told to end: at a reload, old and new code answer in turns. gunicorn's own worker stops at once.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check aiohttp==3.14.5 gunicorn==27.0.1
cat >"$folder/site_of_two.py" <<'PYTHON'
import os

from aiohttp import web


async def who(_):
    return web.Response(text=str(os.getpid()), headers={"Connection": "close"})


async def asynchronous():
    app = web.Application()
    app.router.add_get("/", who)
    return app


def plain(environ, start):
    start("200 OK", [("Content-Type", "text/plain"), ("Connection", "close")])
    return [str(os.getpid()).encode()]
PYTHON
cat >"$folder/show.py" <<'PYTHON'
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from importlib.metadata import version

RELOADS, SECONDS = 5, 2.5


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def ask(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
        return answer.read().decode()


def overlap(worker, app):
    """For how many seconds, at most, the old worker still answered after the new one had."""
    port, longest = free_port(), 0.0
    command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--worker-class", worker, app]
    server = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        while True:
            try:
                old = ask(port)
                break
            except OSError:
                time.sleep(0.1)
        for _ in range(RELOADS):
            os.kill(server.pid, signal.SIGHUP)
            began, new_at, new = time.monotonic(), None, old
            while time.monotonic() - began < SECONDS:
                try:
                    said = ask(port)
                except OSError:
                    continue
                if said != old and new_at is None:
                    new_at, new = time.monotonic(), said
                if said == old and new_at is not None:
                    longest = max(longest, time.monotonic() - new_at)
            assert new != old, "the reload made no new worker"
            old = new
    finally:
        server.terminate()
        server.wait()
    return longest


os.chdir(sys.argv[1])
own = overlap("sync", "site_of_two:plain")
theirs = overlap("aiohttp.GunicornWebWorker", "site_of_two:asynchronous")
print(f"gunicorn {version('gunicorn')}, aiohttp {version('aiohttp')}, {RELOADS} reloads by SIGHUP each")
print("expected: once the new worker has answered, the one that was told to end takes no request more")
print(f"seen: gunicorn's own worker answered {own:.2f} s longer, aiohttp's {theirs:.2f} s")
assert own < 0.1
assert theirs > 0.2
PYTHON
"$folder/venv/bin/python" "$folder/show.py" "$folder"
