"""Whether the services would start with these settings: each is asked, before anything runs."""

import subprocess
import sys
from collections.abc import Mapping

from local_stack.layout import REPOSITORY

SERVICES = ("auth_service", "app_service")


def problems(environments: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Return every problem that a service names, each once."""
    running = [
        subprocess.Popen(
            [sys.executable, "-m", service, "check"],
            env=environments[service],
            cwd=REPOSITORY,
            stderr=subprocess.PIPE,
            text=True,
        )
        for service in SERVICES
    ]
    found: dict[str, None] = {}
    for process in running:
        _, complaint = process.communicate()
        if process.returncode:
            lines = complaint.splitlines()
            listed = [line.removeprefix("  - ") for line in lines if line.startswith("  - ")]
            found |= dict.fromkeys(listed or lines)
    return list(found)
