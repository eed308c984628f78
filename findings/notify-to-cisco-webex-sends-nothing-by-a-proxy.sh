# notify-to-cisco-webex sends nothing as soon as a proxy is given, by -p or by WEBEX_PROXY: it hands the proxy to each request, where httpx takes none. The environment's own HTTPS_PROXY works, as httpx reads it itself.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check notify-to-cisco-webex==0.0.7 httpx==0.28.1 python-dotenv==1.2.1
cat >"$folder/show.py" <<'PYTHON'
import os
import pathlib
import socket
import subprocess
import sys
import threading
from importlib.metadata import version

program = pathlib.Path(sys.executable).with_name("notify-to-cisco-webex")
asked = []


def serve(listener):
    """A proxy that notes the host that it is asked for, and ends it there."""
    while True:
        connection, _ = listener.accept()
        with connection:
            asked.append(connection.recv(65536).split()[1].decode())
            connection.sendall(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")


def send(*more, **environment):
    """The exit code, the error, and what the proxy was asked for."""
    asked.clear()
    command = [program, "-t", "insecure", "-d", "room", "-m", "hello", *more]
    done = subprocess.run(command, env={"PATH": os.environ["PATH"], **environment}, capture_output=True, text=True)
    return done.returncode, done.stderr.strip().splitlines()[-1], list(asked)


listener = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=serve, args=(listener,), daemon=True).start()
proxy = f"http://127.0.0.1:{listener.getsockname()[1]}"
seen = {
    "-p": send("-p", proxy),
    "WEBEX_PROXY": send(WEBEX_PROXY=proxy),
    "HTTPS_PROXY": send(HTTPS_PROXY=proxy),
}
print(f"notify-to-cisco-webex {version('notify-to-cisco-webex')} with httpx {version('httpx')}")
print("expected: the proxy is asked for Webex, each time")
for how, (code, error, hosts) in seen.items():
    print(f"seen with {how}: asked for {hosts}, exit code {code}, {error}")
assert [hosts for _, _, hosts in seen.values()] == [[], [], ["webexapis.com:443"]]
assert all("unexpected keyword argument 'proxies'" in seen[how][1] for how in ("-p", "WEBEX_PROXY"))
PYTHON
cd "$folder"
"$folder/venv/bin/python" "$folder/show.py"
