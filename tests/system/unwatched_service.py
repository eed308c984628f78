"""app_service as it runs where no code changes, by itself: several workers share one application."""

import os
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from harness.stack import free_ports_in_a_row
from local_stack.layout import REPOSITORY
from local_stack.ports import HOST
from local_stack.readiness import ASK_AGAIN_SECONDS, answers

# Nobody answers at Redis' address, and none is needed for /healthz.
SETTINGS = {
    "PUBLIC_URL": "https://app.example.com",
    "SESSION_KEYS": "rather-secret-0123456789abcdefghijklm",
    "CLIENT_ID": "id",
    "CLIENT_SECRET": "secret",
    "REDIS_URL": "redis://127.0.0.1:1",
    "AUTH_URL": "http://127.0.0.1:1",
}


class UnwatchedService:
    """A Stack's services are as under `make run`: each worker makes its own. Use as a context manager."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        [self.port] = free_ports_in_a_row(1)
        self.url = f"http://{HOST}:{self.port}"
        given = {"BIND": f"{HOST}:{self.port}", "WEB_CONCURRENCY": str(workers)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app_service"],
            cwd=REPOSITORY,
            env={"PATH": os.environ["PATH"], **SETTINGS, **given},
            stderr=subprocess.DEVNULL,
        )

    def __enter__(self) -> Self:
        """Return when it answers; RuntimeError if it ends instead."""
        while not answers(self.port, "/healthz"):
            if self.process.poll() is not None:
                raise RuntimeError("it does not start")
            time.sleep(ASK_AGAIN_SECONDS)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.terminate()
        self.process.wait()

    def living(self) -> set[int]:
        """The ids of its workers."""
        pid = self.process.pid
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
        return {int(each) for each in listed.split()}
