"""One process of the stack, with everything it started."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping
from typing import IO, Any

from local_stack.layout import REPOSITORY

GRACE_SECONDS = 10.0


class Child:
    """A shell command in a session of its own, so that a signal reaches the whole of it or only it."""

    def __init__(self, name: str, command: str, environment: Mapping[str, str]) -> None:
        self.name = name
        self._command = command
        self._environment = dict(environment)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, output: int | IO[Any]) -> subprocess.Popen[bytes]:
        """Start it, with standard output and standard error both going to `output`."""
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", self._command],
            env=self._environment,
            cwd=REPOSITORY,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        return self._process

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The id of the process, and of its process group."""
        if self._process is None:
            raise RuntimeError(f"{self.name} was not started")
        return self._process.pid

    def ask_to_end(self) -> None:
        """Send the signal that lets it finish what it is doing."""
        if self.running:
            os.kill(self.pid, signal.SIGTERM)

    def wait(self, seconds: float = GRACE_SECONDS) -> int | None:
        """Return the exit code, or None if it still runs after this time."""
        if self._process is None:
            return None
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def kill(self) -> None:
        """End it at once, with whatever it left behind in its process group."""
        if self._process is None:
            return
        self.send_to_all(signal.SIGKILL)
        self._process.wait()

    def stop(self, seconds: float = GRACE_SECONDS) -> None:
        """End it in good order, or at once if that takes longer than this time."""
        self.ask_to_end()
        self.wait(seconds)
        self.kill()

    def pause(self) -> None:
        """Halt it: its sockets stay open, and nothing answers."""
        self.send_to_all(signal.SIGSTOP)

    def resume(self) -> None:
        self.send_to_all(signal.SIGCONT)

    def send_to_all(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)
