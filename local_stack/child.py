"""One process of the stack, with everything it started, and an end for it whatever happens to us."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping
from types import TracebackType
from typing import IO, Any, Self

from local_stack.layout import REPOSITORY

GRACE_SECONDS = 10.0
# Started with the other end of a pipe, which closes with the supervisor, however that ends.
LIFELINE = """
while read -r what pid; do
  case $what in
    hold) pids="$pids $pid " ;;
    let_go) pids="${pids%% $pid *}${pids#* $pid }" ;;
  esac
done
kill -TERM $pids
"""


class Child:
    """A shell command in a session of its own, so that a signal reaches the whole of it or only it."""

    def __init__(self, name: str, command: str, environment: Mapping[str, str]) -> None:
        self.name = name
        self._command = command
        self._environment = dict(environment)
        self._process: subprocess.Popen[bytes] | None = None
        self.was_asked_to_end = False

    def start(self, output: int | IO[Any]) -> subprocess.Popen[bytes]:
        """Start it, with standard output and standard error both going to `output`."""
        self.was_asked_to_end = False
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
        self.was_asked_to_end = True
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

    def reload(self) -> bool:
        """Have a service's workers replaced by ones with the code of now (gunicorn, nginx).

        Returns whether it runs, so that it could be asked.
        """
        if self.running:
            os.kill(self.pid, signal.SIGHUP)
            return True
        return False

    def pause(self) -> None:
        """Halt it: its sockets stay open, and nothing answers."""
        self.send_to_all(signal.SIGSTOP)

    def resume(self) -> None:
        self.send_to_all(signal.SIGCONT)

    def send_to_all(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)


class Lifeline:
    """A shell that outlives this process just long enough to ask the held ones to end."""

    def __enter__(self) -> Self:
        self._shell = subprocess.Popen(
            ["/bin/sh", "-c", LIFELINE],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # What a terminal sends to the supervisor is not for it.
            start_new_session=True,
        )
        return self

    def hold(self, pid: int) -> None:
        self._tell(f"hold {pid}")

    def let_go(self, pid: int) -> None:
        """Forget a process that has ended: its number may soon be that of another."""
        self._tell(f"let_go {pid}")

    def _tell(self, line: str) -> None:
        assert self._shell.stdin  # noqa: S101 - it was started with a pipe
        self._shell.stdin.write(f"{line}\n".encode())
        self._shell.stdin.flush()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Let go of all: they have ended."""
        with self._shell:
            self._shell.kill()
