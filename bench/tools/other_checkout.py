"""A service of another checkout of this project, in the place of our second replica of it."""

import argparse
from pathlib import Path

from bench.tools.installed import services_python
from bench.tools.process import CONTENDER_CORE, pin
from bench.tools.site import Bench
from local_stack.child import Child


def start(bench: Bench, service: str, folder: Path) -> tuple[int, int]:
    """Stop our second replica and run the other one with its settings; return its session and its port.

    Raise NotStarted.
    """
    process = bench.stack.process(f"{service}.2")
    environment = _environment(process.pid) | {"PYTHONPATH": str(folder)}
    process.stop()
    command = f"cd '{folder}' && exec {services_python()} -m {service}"
    session = bench.running.start(Child("other", command, environment))
    port = bench.stack.ports.of(service)[1]
    bench.running.wait_for("other", port, "/healthz")
    pin(session, CONTENDER_CORE)
    return session, port


def checkout(argument: str) -> Path:
    """Read a command's argument; raise ArgumentTypeError."""
    folder = Path(argument).resolve()
    if not (folder / "app_service" / "__main__.py").is_file():
        raise argparse.ArgumentTypeError(f"{folder} is no checkout of this project")
    return folder


def _environment(pid: int) -> dict[str, str]:
    pairs = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
    return dict(pair.split("=", 1) for pair in pairs if "=" in pair)
