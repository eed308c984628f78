"""An end for the processes of a stack whose supervisor was killed, and so could not end them itself."""

import subprocess
from types import TracebackType
from typing import Self

# Started with the other end of a pipe, which closes with the supervisor, however that ends.
SCRIPT = 'while read -r pid; do pids="$pids $pid"; done; kill -TERM $pids'


class Lifeline:
    """A shell that outlives this process just long enough to ask the held ones to end."""

    def __enter__(self) -> Self:
        self._shell = subprocess.Popen(
            ["/bin/sh", "-c", SCRIPT],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # What a terminal sends to the supervisor is not for it.
            start_new_session=True,
        )
        return self

    def hold(self, pid: int) -> None:
        assert self._shell.stdin  # noqa: S101 - it was started with a pipe
        self._shell.stdin.write(f"{pid}\n".encode())
        self._shell.stdin.flush()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Let go of processes that have ended: their numbers may soon be those of others."""
        with self._shell:
            self._shell.kill()
