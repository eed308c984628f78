"""Make the compose files fit for an engine in swarm mode.

    docker compose config --format json | python3 deploy/stack.py | docker stack deploy -c - webex

`docker stack deploy` reads an older form of the same files: it has no builds, no order of starting, no
containers that run once. With an argument such as `registry.example.com/pair/{service}:1.0.0` the images that
Compose builds are looked for there, without one on this machine. Needs Python only.
"""  # noqa: INP001 - a script, not a package

import json
import sys
from typing import Any

# Each service checks its own settings, too, before it starts.
RUNS_ONCE = "settings_check"
# Not known there. (Nor is security_opt: the capabilities are dropped, and nothing in the images is setuid.)
UNKNOWN = ("build", "depends_on", "restart", "network_mode", "security_opt")

Object = dict[str, Any]


def stack(project: Object, images: str) -> Object:
    """Take a whole project, as `docker compose config` tells it; return one for `docker stack deploy`."""
    services = {
        name: _service(name, service, images.format(project=project["name"], service=name))
        for name, service in project["services"].items()
        if name != RUNS_ONCE
    }
    kept = ("networks", "volumes", "secrets")
    return {"services": services, **{key: project[key] for key in kept if key in project}}


def _service(name: str, service: Object, image: str) -> Object:
    known = {k: v for k, v in service.items() if k not in UNKNOWN and v is not None}
    tmpfs = [{"type": "tmpfs", "target": each.partition(":")[0]} for each in known.pop("tmpfs", ())]
    mounts = [_without(mount, "bind") for mount in known.get("volumes", ())]
    # The name leads to every replica, so that nginx shares requests out, not connections.
    deploy = {**known.get("deploy", {}), "endpoint_mode": "dnsrr"}
    return {
        "image": image,
        **known,
        "volumes": mounts + tmpfs,
        "deploy": deploy,
        "ports": [_port(name, port) for port in known.get("ports", ())],
    }


def _port(name: str, port: Object) -> Object:
    """Published by the machine itself: through the swarm's own mesh every visitor has one address."""
    if "host_ip" in port:
        sys.exit(
            f"{name} listens on {port['host_ip']} only, and a swarm listens everywhere: "
            "leave docker-compose.override.yml out."
        )
    return {**port, "published": int(port["published"]), "mode": "host"}


def _without(mapping: Object, key: str) -> Object:
    return {name: value for name, value in mapping.items() if name != key}


if __name__ == "__main__":
    template = sys.argv[1] if len(sys.argv) > 1 else "{project}-{service}"
    json.dump(stack(json.load(sys.stdin), template), sys.stdout, indent=2)
