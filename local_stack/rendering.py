"""The files that nginx and Redis start from, written into the stack's folder.

The templates are those of the containers, filled in by Python instead of envsubst.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from string import Template

from local_stack.layout import REPOSITORY, Layout
from local_stack.ports import HOST

SIGN_IN_RATE = "10r/s"
SIGN_IN_BURST = "50"
CONNECTIONS_PER_ADDRESS = "1000"
# In a path they begin a quotation, a variable, an escape or a pattern, and no spelling avoids it everywhere.
NOT_FOR_NGINX = '"$\\['


class SettingRefusedError(Exception):
    """Nginx's files cannot be made from this setting, or not in this place; the text names it."""


def render(layout: Layout) -> None:
    """Write everything anew; what Redis keeps and the secrets stay."""
    _refuse_odd_folder(layout.folder)
    shutil.rmtree(layout.folder / "public", ignore_errors=True)
    write_public_files(layout.folder / "public")
    _render_nginx(layout)
    _render_redis(layout)


def _refuse_odd_folder(folder: Path) -> None:
    odd = " and ".join(sign for sign in NOT_FOR_NGINX if sign in str(folder))
    if odd:
        raise SettingRefusedError(
            f"nginx cannot read its files in {folder}: move the project to where no {odd} is in the path."
        )


def write_public_files(folder: Path) -> None:
    """Write what nginx serves by itself; files of before stay, for pages that are open."""
    subprocess.run(
        [sys.executable, "-m", "common.web.assets", str(folder)], cwd=REPOSITORY, check=True
    )


def _render_nginx(layout: Layout) -> None:
    source, target = REPOSITORY / "nginx", layout.folder / "nginx"
    (target / "conf.d").mkdir(parents=True, exist_ok=True)
    for file in source.glob("*.conf"):
        shutil.copyfile(file, target / file.name)
    templates = {
        "door.conf": source / "templates" / "door.conf.template",
        "upstreams.conf": source / "upstreams" / "local.conf.template",
    }
    for name, template in templates.items():
        _fill_in(template, target / "conf.d" / name, _nginx_variables(layout))
    for service in ("auth_service", "app_service"):
        _render_servers(layout, target / "conf.d", service)
    _render_trusted_proxies(layout, target / "conf.d" / "trusted_proxies.conf")


def _render_trusted_proxies(layout: Layout, target: Path) -> None:
    """Run the container's script; a value that it refuses ends the start with its sentence."""
    script = REPOSITORY / "nginx" / "entrypoint.d" / "30-trusted-proxies.sh"
    done = subprocess.run(
        ["/bin/sh", script, target],
        env={**os.environ, "TRUSTED_PROXIES": layout.settings.get("TRUSTED_PROXIES", "")},
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SettingRefusedError(done.stderr.strip())


def _nginx_variables(layout: Layout) -> Mapping[str, str]:
    return {
        "DOOR_LISTEN": f"{HOST}:{layout.ports.door}",
        "PUBLIC_FOLDER": str(layout.folder / "public"),
        "PUBLIC_URL": layout.public_url,
        "SIGN_IN_RATE": layout.settings.get("SIGN_IN_RATE") or SIGN_IN_RATE,
        "SIGN_IN_BURST": layout.settings.get("SIGN_IN_BURST") or SIGN_IN_BURST,
        "CONNECTIONS_PER_ADDRESS": layout.settings.get("CONNECTIONS_PER_ADDRESS")
        or CONNECTIONS_PER_ADDRESS,
    }


def _render_servers(layout: Layout, folder: Path, service: str) -> None:
    """Write the list of replicas; what nginx/watch made of an earlier one is forgotten."""
    (folder / f"{service}.everybody").unlink(missing_ok=True)
    servers = (f"server {HOST}:{port} max_fails=0;\n" for port in layout.ports.of(service))
    (folder / f"{service}.servers").write_text("".join(servers), encoding="utf-8")


def _render_redis(layout: Layout) -> None:
    for folder in (layout.folder / "redis", layout.redis_folder):
        folder.mkdir(parents=True, exist_ok=True)
    logins = {
        "AUTH_REDIS_PASSWORD_SHA256": _sha256(layout.secret("auth_redis_password")),
        "APP_REDIS_PASSWORD_SHA256": _sha256(layout.secret("app_redis_password")),
        "ADMIN_REDIS_LOGIN": f"on #{_sha256(layout.secret('admin_redis_password'))}",
    }
    _fill_in(REPOSITORY / "redis/users.acl.template", layout.folder / "redis/users.acl", logins)


def _sha256(file: Path) -> str:
    return sha256(file.read_bytes()).hexdigest()


def _fill_in(template: Path, target: Path, variables: Mapping[str, str]) -> None:
    text = Template(template.read_text(encoding="utf-8")).safe_substitute(variables)
    target.write_text(text, encoding="utf-8")
