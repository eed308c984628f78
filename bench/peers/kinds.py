"""The peers and the floors: how each is started, and where it signs people in."""

import os
from dataclasses import dataclass
from pathlib import Path

from local_stack.layout import REPOSITORY

HERE = Path(__file__).parent
GENERATED = REPOSITORY / ".run" / "bench"
VENV = GENERATED / "venv"
APACHE_MODULES = "/usr/lib/apache2/modules"
NGINX_MODULES = "/usr/lib/nginx/modules"
# Its Lua libraries are in no package: they come from checkouts in the folder that LUA_PEER names.
LUA_LIBRARIES = (
    *("zmartzone/lua-resty-openidc", "bungle/lua-resty-session", "ledgetech/lua-resty-http"),
    *("cdbattags/lua-resty-jwt", "fffonion/lua-resty-openssl", "jkeys089/lua-resty-hmac"),
    *("openresty/lua-resty-redis", "openresty/lua-resty-string"),
)


@dataclass(frozen=True)
class Start:
    """What a start command may need to know."""

    port: int
    redis_port: int
    webex_url: str
    redirect_uri: str
    folder: Path
    """For generated files of this one process."""

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PORT": str(self.port),
            "REDIS_URL": f"redis://127.0.0.1:{self.redis_port}/0",
            "REDIS_SERVER": f"127.0.0.1:{self.redis_port}",
            "WEBEX_URL": self.webex_url,
            "REDIRECT_URI": self.redirect_uri,
            "RUN_FOLDER": str(self.folder),
            "NODE_ENV": "production",
            "MODULES": APACHE_MODULES,
            "LUA_MODULES": NGINX_MODULES,
            "LUA_PEER": os.environ.get("LUA_PEER", ""),
        }


@dataclass(frozen=True)
class Kind:
    """One peer or floor."""

    name: str
    label: str
    command: str
    """For /bin/sh, in the folder of this file; may use the variables of Start.environment."""
    programs: tuple[str, ...] = ()
    """See bench.tools.programs."""
    npm: str = ""
    """The folder beside this file whose package-lock.json says what it needs of Node's packages."""
    sessions: bool = True
    """False for a floor: nobody can sign in."""
    login: str = "/login"
    signed_in_page: str = "/"
    anonymous_page: str = "/"
    refreshes_at: str | None = None
    """A page that renews an expired access token, if the libraries offer that."""
    why_no_refresh: str = ""
    lua: bool = False
    """Whether it needs the checkouts of LUA_PEER."""
    keeps: str = ""
    """What stands in Redis, and how."""


def node_command(folder: str) -> str:
    """Run a peer's server.js beside its packages."""
    there = GENERATED / folder
    return f"cp {folder}/server.js {there}/server.js && exec node {there}/server.js"


_GUNICORN = (
    f"exec {VENV}/bin/gunicorn --bind 127.0.0.1:$PORT --workers 1 "
    "--worker-class aiohttp.GunicornUVLoopWebWorker"
)

EXPRESS_PASSPORT = Kind(
    name="express",
    label="Express + passport-oauth2",
    command=node_command("express"),
    programs=("node", "npm"),
    npm="express",
    why_no_refresh="passport-oauth2 gets tokens and never renews them",
    keeps="tokens and name, in clear",
)
FASTIFY = Kind(
    name="fastify",
    label="Fastify + @fastify/oauth2",
    command=node_command("fastify"),
    programs=("node", "npm"),
    npm="fastify",
    why_no_refresh="@fastify/oauth2 renews a token when the user's own code asks for it",
    keeps="tokens and name, in clear",
)
STARLETTE_AUTHLIB = Kind(
    name="starlette",
    label="Starlette + Authlib + starsessions",
    command=(
        f"exec {VENV}/bin/uvicorn starlette_authlib:app --host 127.0.0.1 --port $PORT "
        "--loop uvloop --http httptools --no-access-log --log-level warning"
    ),
    refreshes_at="/api/me",
    keeps="tokens and name, in clear",
)
AIOHTTP_SESSION = Kind(
    name="aiohttp-session",
    label="aiohttp-session",
    command=f"{_GUNICORN} aiohttp_sessions:create_app",
    why_no_refresh="aiohttp-session keeps sessions only; the OAuth client is the user's own",
    keeps="tokens and name, in clear",
)
MOD_AUTH_OPENIDC = Kind(
    name="mod_auth_openidc",
    label="Apache mod_auth_openidc",
    command=(
        'mkdir -p "$RUN_FOLDER" && cp -R mod_auth_openidc/public "$RUN_FOLDER/" && '
        'exec apache2 -D FOREGROUND -f "$PWD/mod_auth_openidc/apache.conf"'
    ),
    programs=("apache",),
    login="/page/",
    signed_in_page="/page/",
    anonymous_page="/",
    refreshes_at="/page/",
    keeps="tokens and claims, encrypted with one passphrase",
)
NGINX_LUA = Kind(
    name="nginx-lua",
    label="nginx + lua-resty-openidc",
    command=(
        'mkdir -p "$RUN_FOLDER" && '
        'for lib in "$LUA_PEER"/*/lib; do paths="$paths$lib/?.lua;$lib/?/init.lua;"; done && '
        'sed -e "s,\\$LUA_PATHS,$paths,g" -e "s,\\$LUA_MODULES,$LUA_MODULES,g" '
        '-e "s,\\$RUN_FOLDER,$RUN_FOLDER,g" -e "s,\\$PORT,$PORT,g" '
        '-e "s,\\$REDIS_PORT,${REDIS_SERVER#*:},g" -e "s,\\$REDIRECT_URI,$REDIRECT_URI,g" '
        '-e "s,\\$WEBEX_URL,$WEBEX_URL,g" -e "s,\\$CLIENT_ID,$CLIENT_ID,g" '
        '-e "s,\\$CLIENT_SECRET,$CLIENT_SECRET,g" nginx_lua/nginx.conf > "$RUN_FOLDER/nginx.conf" && '
        'exec nginx -e stderr -c "$RUN_FOLDER/nginx.conf" -g "daemon off;"'
    ),
    programs=("nginx-lua", "lua-cjson"),
    lua=True,
    why_no_refresh="its page asks lua-resty-session alone, which is its fastest way",
    keeps="tokens and claims, encrypted with one secret",
)
HELLO = Kind("hello", "floor: aiohttp hello", f"{_GUNICORN} hello:create_app", sessions=False)
ONE_GET = Kind(
    name="one-get",
    label="floor: aiohttp + one Redis GET",
    command=f"{_GUNICORN} hello:create_app",
    sessions=False,
    signed_in_page="/get",
)
NGINX_STATIC = Kind(
    name="nginx-static",
    label="floor: nginx, a static file",
    command=(
        'mkdir -p "$RUN_FOLDER/public" && cp mod_auth_openidc/public/index.html "$RUN_FOLDER/public/" '
        '&& sed -e "s,\\$RUN_FOLDER,$RUN_FOLDER,g" -e "s,\\$PORT,$PORT,g" nginx_static/nginx.conf '
        '> "$RUN_FOLDER/nginx.conf" && exec nginx -e stderr -c "$RUN_FOLDER/nginx.conf" -g "daemon off;"'
    ),
    programs=("nginx",),
    sessions=False,
)
PEERS = (EXPRESS_PASSPORT, FASTIFY, STARLETTE_AUTHLIB, AIOHTTP_SESSION, MOD_AUTH_OPENIDC, NGINX_LUA)
FLOORS = (HELLO, ONE_GET, NGINX_STATIC)
