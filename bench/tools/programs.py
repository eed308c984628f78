"""Programs that the benchmark needs beside those of the stack: found, or installed, saying so."""

import os
import shutil
from collections.abc import Mapping

from local_stack import package_managers
from local_stack.package_managers import MANAGERS, NoWayToInstallError
from local_stack.programs import MORE_FOLDERS, Program

PROGRAMS: Mapping[str, Program] = {
    "wrk": Program(("wrk",), dict.fromkeys(MANAGERS, ("wrk",))),
    "node": Program(("node",), dict.fromkeys(MANAGERS, ("nodejs",)) | {"brew": ("node",)}),
    "npm": Program(("npm",), dict.fromkeys(MANAGERS, ("npm",)) | {"brew": ("node",)}),
    "apache": Program(
        # The module brings the server along.
        ("apache2", "httpd"),
        {
            **dict.fromkeys(MANAGERS, ("mod_auth_openidc",)),
            "apt-get": ("libapache2-mod-auth-openidc",),
        },
    ),
    "nginx-lua": Program(
        ("nginx",),
        {
            **dict.fromkeys(MANAGERS, ("nginx-mod-http-lua",)),
            "apt-get": ("libnginx-mod-http-lua",),
        },
    ),
    "lua-cjson": Program(("nginx",), dict.fromkeys(MANAGERS, ("lua-cjson",))),
}
FILES = {
    "apache": "/usr/lib/apache2/modules/mod_auth_openidc.so",
    "nginx-lua": "/usr/lib/nginx/modules/ngx_http_lua_module.so",
    "lua-cjson": "/usr/share/lua/5.1/cjson/util.lua",
}
"""A file that must be there too: a server without the module is not enough."""


def missing(name: str) -> str | None:
    """Install a program if need be; return why it cannot be used, or None if it can."""
    if _is_there(name):
        return None
    try:
        package_managers.install([PROGRAMS[name].packages])
    except NoWayToInstallError as reason:
        return f"{name} is not installed: {' '.join(str(reason).split())}"
    return None if _is_there(name) else f"{name} could not be installed"


def _is_there(name: str) -> bool:
    if name not in PROGRAMS:
        return shutil.which(name, path=_folders()) is not None
    found = any(shutil.which(each, path=_folders()) for each in PROGRAMS[name].executables)
    return found and os.path.exists(FILES.get(name, "/"))  # noqa: PTH110


def _folders() -> str:
    return os.pathsep.join((os.environ.get("PATH", os.defpath), *MORE_FOLDERS))
