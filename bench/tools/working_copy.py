"""A checkout in a folder of its own, where `make run` runs and files are saved."""

import contextlib
import hashlib
import http.client
import os
import queue
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from bench.tools.installed import services_python
from harness.stack import KEPT_VARIABLES, free_ports_in_a_row
from local_stack.readiness import answers

LONGEST_SECONDS = 120.0
ASK_AGAIN_SECONDS = 0.005
READY = "Ready: open "


class Answer(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    text: str


class WorkingCopy:
    """What git lists of a checkout, with the packages of ours."""

    def __init__(self, checkout: Path, folder: Path) -> None:
        self.folder = folder
        listed = subprocess.run(  # noqa: S603
            ["git", "-C", str(checkout), "ls-files", "-z"],  # noqa: S607
            check=True,
            capture_output=True,
            text=True,
        )
        for name in filter(None, listed.stdout.split("\0")):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(checkout / name, folder / name)
            shutil.copymode(checkout / name, folder / name)
        packages = services_python().parent.parent
        (folder / ".venv").symlink_to(packages)
        self._stamp = packages / "requirements.txt.installed"
        self.door = self.sandbox = 0
        self.lines: list[str] = []

    @property
    def takes_over(self) -> bool:
        """Whether its `make run` sees what is saved; else whoever saves has to start it again."""
        return (self.folder / "local_stack" / "live.py").exists()

    @contextmanager
    def running(self, **settings: str) -> Iterator[float]:
        """Run `make run`, and yield the seconds until it said that it is ready.

        What it writes is in `lines`.
        """
        wanted = (self.folder / "requirements.txt").read_bytes()
        self._stamp.write_text(hashlib.sha256(wanted).hexdigest(), encoding="ascii")
        self.door, *_, self.sandbox = free_ports_in_a_row(5)
        began = time.perf_counter()
        process = subprocess.Popen(
            ["make", "run"],  # noqa: S607
            cwd=self.folder,
            env=self._environment() | settings,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        output = _Output(process)
        self.lines = output.lines
        try:
            output.wait_for(READY)
            yield time.perf_counter() - began
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGINT)
            # make is gone before what it runs.
            output.wait_for_the_end()
            process.wait(LONGEST_SECONDS)

    def seconds_of_app_service(self) -> float:
        """Start a second app_service beside the running one; return the time until its first page."""
        port = free_ports_in_a_row(1)[0]
        environment = {**self._environment_of("app_service.app:main"), "BIND": f"127.0.0.1:{port}"}
        began = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603
            [self.folder / ".venv/bin/python", "-m", "app_service"],
            cwd=self.folder,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while not answers(port, "/"):
            time.sleep(ASK_AGAIN_SECONDS)
        seconds = time.perf_counter() - began
        process.terminate()
        process.wait(LONGEST_SECONDS)
        return seconds

    def _environment_of(self, argument: str) -> dict[str, str]:
        """That of a process with this argument which runs here; former checkouts say it without ()."""
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                command = (process / "cmdline").read_bytes().decode().split("\0")
                named = any(each.removesuffix("()") == argument for each in command)
                if named and (process / "cwd").resolve() == self.folder:
                    pairs = (process / "environ").read_bytes().decode().split("\0")
                    return dict(pair.split("=", 1) for pair in pairs if "=" in pair)
        raise ProcessLookupError(argument)

    def wait_for_line(self, text: str, *, since: int) -> None:
        """Return when `lines` has one with this text from this number on."""
        deadline = time.monotonic() + LONGEST_SECONDS
        while not any(text in line for line in self.lines[since:]):
            if time.monotonic() > deadline:
                raise TimeoutError(f"nobody said {text}")
            time.sleep(ASK_AGAIN_SECONDS)

    def save(self, names: Sequence[str], change: Callable[[str], str]) -> None:
        """Write the first of these files that the change changes, as an editor does; ValueError if none."""
        for file in filter(Path.exists, (self.folder / name for name in names)):
            before = file.read_text(encoding="utf-8")
            if (after := change(before)) != before:
                file.write_text(after, encoding="utf-8")
                return
        raise ValueError(f"{' and '.join(names)} have no place for the change")

    def ask(self, path: str) -> Answer:
        """GET through nginx; raise OSError or HTTPException where nothing answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.door, timeout=LONGEST_SECONDS)
        with contextlib.closing(connection):
            connection.request("GET", path)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read().decode(errors="replace"))

    def until(self, path: str, is_new: Callable[[Answer], bool]) -> int:
        """Ask until the new answer is there; return how many answers were 5xx until then."""
        failed, deadline = 0, time.monotonic() + LONGEST_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError, http.client.HTTPException):
                answer = self.ask(path)
                if is_new(answer):
                    return failed
                failed += answer.status >= http.HTTPStatus.INTERNAL_SERVER_ERROR
            time.sleep(ASK_AGAIN_SECONDS)
        raise TimeoutError(f"{path} never changed")

    def _environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
        return {**kept, "PORT": str(self.door), "SANDBOX_PORT": str(self.sandbox)}


class _Output:
    """What a process writes, read as it comes: whoever writes into a full pipe stands still."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.lines: list[str] = []
        self._more: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._process = process
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def wait_for(self, text: str) -> None:
        """Return when a line has this text; ChildProcessError with what was said if none has."""
        while (line := self._more.get(timeout=LONGEST_SECONDS)) is not None:
            if text in line:
                return
        raise ChildProcessError("".join(self.lines))

    def wait_for_the_end(self) -> None:
        self._reader.join(LONGEST_SECONDS)

    def _read(self) -> None:
        for line in self._process.stdout or ():
            self.lines.append(line)
            self._more.put(line)
        self._more.put(None)
