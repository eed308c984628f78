"""`make run` as a person starts it: in a process group of its own, the way a terminal does."""

import contextlib
import os
import pty
import queue
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis
from harness.stack import KEPT_VARIABLES, free_ports_in_a_row
from local_stack.layout import REPOSITORY
from local_stack.ports import Ports, is_free

LONGEST_SECONDS = 120.0
READY = "Ready: open "


class MakeRun:
    """A running `make run`. `lines` is everything it has written that was read so far."""

    def __init__(self, ports: Ports, folder: Path, *, terminal: bool, **settings: str) -> None:
        self.ports = ports
        self.folder = folder
        self.lines: list[str] = []
        self._more: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
        reading, writing = pty.openpty() if terminal else os.pipe()
        self._output = os.fdopen(reading, encoding="utf-8")
        with signals_of_a_terminal():
            self._process = subprocess.Popen(
                ["make", "run"],
                cwd=folder,
                env={**kept, **settings},
                stdin=subprocess.DEVNULL,
                stdout=writing,
                stderr=writing,
                start_new_session=True,
            )
        os.close(writing)
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        # A terminal whose last writer has gone cannot be read any more.
        with self._output, contextlib.suppress(OSError):
            for line in self._output:
                self._more.put(line.rstrip("\r\n"))
        self._more.put(None)

    @property
    def make(self) -> int:
        """The id of make, and of the group that a terminal's Ctrl-C goes to."""
        return self._process.pid

    def wait_for(self, text: str) -> str:
        """Return the first line from here on with this text; AssertionError if there is none."""
        while (line := self._more.get(timeout=LONGEST_SECONDS)) is not None:
            self.lines.append(line)
            if text in line:
                return line
        raise AssertionError("\n".join(self.lines))

    def has_said(self, text: str) -> bool:
        """Whether it has said this by now, from here on."""
        while not self._more.empty():
            line = self._more.get()
            assert line is not None, "\n".join(self.lines)
            self.lines.append(line)
            if text in line:
                return True
        return False

    def wait_for_the_end(self) -> int:
        """Return the exit code of make."""
        code = self._process.wait(LONGEST_SECONDS)
        while (line := self._more.get(timeout=LONGEST_SECONDS)) is not None:
            self.lines.append(line)
        return code

    def redis(self) -> redis.Redis:
        """Its Redis, for the user who may do everything."""
        file = self.folder / ".run" / str(self.ports.door) / "secrets" / "admin_redis_password"
        password = file.read_text(encoding="ascii")
        return redis.Redis(port=self.ports.redis[0], username="admin", password=password)

    def press_ctrl_c(self) -> None:
        os.killpg(self.make, signal.SIGINT)

    def hang_up(self) -> None:
        """The terminal's window is closed."""
        os.killpg(self.make, signal.SIGHUP)

    def kill(self) -> None:
        """End make and what runs in its group at once: neither can say goodbye."""
        os.killpg(self.make, signal.SIGKILL)

    def busy_ports(self) -> list[str]:
        """Ports that somebody still listens on, by name: nobody does when every process has ended."""
        return [name for name, port in self.ports.named() if not is_free(port)]

    def close(self) -> None:
        if self._process.poll() is None:
            os.killpg(self.make, signal.SIGTERM)
            self._process.wait(LONGEST_SECONDS)
        self._reader.join()


@contextmanager
def signals_of_a_terminal() -> Iterator[None]:
    """Whatever is started here heeds Ctrl-C and a closed window.

    Under nohup, or behind a shell's `&`, the tests themselves ignore them, and pass that on.
    """
    numbers = (signal.SIGINT, signal.SIGHUP)
    before = [signal.signal(number, signal.SIG_DFL) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


@contextmanager
def make_run(
    on: Ports | None = None,
    *,
    folder: Path = REPOSITORY,
    terminal: bool = False,
    **settings: str,
) -> Iterator[MakeRun]:
    """Run `make run`, on free ports if not on these; it has ended when the block is left."""
    first, *_, sandbox = free_ports_in_a_row(5)
    ports = on or Ports.next_to(first, sandbox=sandbox)
    where = {"PORT": str(ports.door), "SANDBOX_PORT": str(ports.webex_sandbox[0])}
    running = MakeRun(ports, folder, terminal=terminal, **{**where, **settings})
    try:
        yield running
    finally:
        running.close()
        if on is None:
            shutil.rmtree(folder / ".run" / str(ports.door), ignore_errors=True)
