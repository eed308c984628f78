"""The environment of each process: it gets the settings, its own address, and no one else's secrets."""

import os
from collections.abc import Mapping

from local_stack.layout import Layout
from local_stack.ports import HOST

# An address may hold a password of its own.
OF_BOTH_SERVICES = (
    "SESSION_KEYS",
    "REDIS_URL",
    "REDIS_PASSWORD",
    "REDIS_SENTINEL_PASSWORD",
    "OTEL_EXPORTER_OTLP_HEADERS",
    "HTTPS_PROXY",
)
# In .env for the containers; here nobody needs them.
OF_CONTAINERS = ("AUTH_REDIS_PASSWORD", "APP_REDIS_PASSWORD", "ADMIN_REDIS_PASSWORD")
# A secret that is not listed for a process is taken out of its environment.
SECRETS = ("CLIENT_SECRET", "BOT_TOKEN", *OF_BOTH_SERVICES, *OF_CONTAINERS)
ALLOWED_SECRETS: Mapping[str, tuple[str, ...]] = {
    "auth_service": ("CLIENT_SECRET", *OF_BOTH_SERVICES),
    "app_service": ("BOT_TOKEN", *OF_BOTH_SERVICES),
}


def environment(layout: Layout, process: str, port: int) -> dict[str, str]:
    """Return the variables for one process of the Procfile, which listens on this port."""
    variables = {
        **_without_secrets(layout.settings, ALLOWED_SECRETS.get(process, ())),
        "PATH": os.pathsep.join((str(layout.python.parent), os.environ["PATH"])),
        "PORT": str(layout.ports.door),
    }
    if layout.ports.webex_sandbox:
        variables["SANDBOX_URL"] = layout.sandbox_url
        variables["SANDBOX_INTERNAL_URL"] = f"http://{HOST}:{layout.ports.webex_sandbox[0]}"
    match process:
        case "auth_service" | "app_service":
            return {**variables, **_for_a_service(layout, process, port)}
        case "webex_sandbox":
            return {**variables, "SANDBOX_BIND": f"{HOST}:{port}"}
        case _:
            return {**variables, **_for_a_program(layout)}


def _without_secrets(settings: Mapping[str, str], allowed: tuple[str, ...]) -> dict[str, str]:
    withheld = {name for name in SECRETS if name not in allowed}
    return {
        name: value
        for name, value in settings.items()
        if name.removesuffix("_FILE") not in withheld
    }


def _for_a_service(layout: Layout, service: str, port: int) -> dict[str, str]:
    variables = {
        # nginx listens on HOST, whatever else a person sets.
        "LOCAL_DOOR": "on",
        "BIND": f"{HOST}:{port}",
        "AUTH_URL": _auth_url(layout, service, port),
    }
    if not _is_given(layout.settings, "SESSION_KEYS"):
        variables["SESSION_KEYS_FILE"] = str(layout.secret("session_keys"))
    if not _is_given(layout.settings, "REDIS_URL"):
        password = layout.secret(f"{service.removesuffix('_service')}_redis_password")
        variables |= {
            "REDIS_URL": f"redis://{HOST}:{layout.ports.redis[0]}/0",
            "REDIS_USERNAME": service,
            "REDIS_PASSWORD": "",
            "REDIS_PASSWORD_FILE": str(password),
        }
    return variables


def _is_given(settings: Mapping[str, str], name: str) -> bool:
    return bool(settings.get(name) or settings.get(f"{name}_FILE"))


def _auth_url(layout: Layout, service: str, port: int) -> str:
    """The replicas of one service ask those of the other in turn, as behind a name with many addresses."""
    number = layout.ports.of(service).index(port)
    auth_services = layout.ports.auth_service
    return f"http://{HOST}:{auth_services[number % len(auth_services)]}"


def _for_a_program(layout: Layout) -> dict[str, str]:
    return {
        "RUN_FOLDER": str(layout.folder),
        "REDIS_PROGRAM": layout.programs["redis"],
        "REDIS_FOLDER": str(layout.redis_folder),
        "REDIS_PORT": str(layout.ports.redis[0]),
        "AUTH_UPSTREAM": _addresses(layout.ports.auth_service),
        "APP_UPSTREAM": _addresses(layout.ports.app_service),
        "NGINX_PROGRAM": layout.programs["nginx"],
        # Only root can change the user of nginx's workers, and only then they would not be able to
        # read this folder.
        "NGINX_USER": "user root;" if os.geteuid() == 0 else "",
    }


def _addresses(ports: tuple[int, ...]) -> str:
    return " ".join(f"{HOST}:{port}" for port in ports)
