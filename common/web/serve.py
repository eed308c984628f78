"""From checked settings to a running server: this process becomes gunicorn, whose worker is aiohttp's.

Until it does, it imports neither: gunicorn would import all of it again.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    # Not imported: gunicorn's settings (common.web.gunicorn) need what is below, and none of these.
    from collections.abc import Mapping

    from common.settings.environment import SettingsError
    from common.settings.service import ServiceSettings

EXIT_SETTINGS = 2
# How long a request in flight may take to finish after the stop signal: by default two calls to Webex, which
# is a sign-in. One that takes longer is cut, and its person starts again (docs/production.md).
SHUTDOWN_SECONDS = 25
SHOWS_MISTAKES = "SERVICE_SHOWS_MISTAKES"
CODE_CHANGES = "SERVICE_CODE_CHANGES"
METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"


def exit_with(error: SettingsError, *, service: str) -> NoReturn:
    """Say everything that is wrong at once, by variable name, and end with exit code 2."""
    lines = [f"{service} does not start; {len(error.problems)} problem(s) with the settings:"]
    lines += [f"  - {problem}" for problem in error.problems]
    sys.stderr.write("\n".join(lines) + "\n")
    sys.exit(EXIT_SETTINGS)


def serve(entry_point: str, settings: ServiceSettings) -> NoReturn:
    """Become gunicorn; its settings are in common.web.gunicorn."""
    environment = {
        **_without_metrics_folder(os.environ),
        **_metrics_folder(settings.workers),
        "SERVICE_LOG_LEVEL": settings.log_level,
        SHOWS_MISTAKES: "yes" if settings.on_this_machine else "no",
        # Under `make run`, whatever PUBLIC_URL is: that of a tunnel, for example.
        CODE_CHANGES: "yes" if settings.local_door else "no",
        "WEB_CONCURRENCY": str(
            settings.workers
        ),  # gunicorn reads it too, and trips over an empty one
    }
    command = [sys.executable, "-m", "gunicorn", "--config", "python:common.web.gunicorn"]
    command += ["--bind", settings.bind, entry_point]
    os.execve(sys.executable, command, environment)  # noqa: S606


def _without_metrics_folder(variables: Mapping[str, str]) -> dict[str, str]:
    """A folder with another run's numbers in it would be counted again."""
    return {name: value for name, value in variables.items() if name != METRICS_FOLDER}


def _metrics_folder(workers: int) -> dict[str, str]:
    """Where several workers keep their numbers for /metrics; gunicorn deletes it at its end."""
    if workers == 1:
        return {}
    memory = Path("/dev/shm")  # noqa: S108 - a container's root is read-only, and memory is faster
    folder = tempfile.mkdtemp(prefix="metrics-", dir=memory if memory.is_dir() else None)
    return {METRICS_FOLDER: folder}
