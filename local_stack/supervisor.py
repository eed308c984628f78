"""Runs processes together: shows what they write, and ends all of them when one ends or a signal comes."""

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from types import FrameType

from local_stack.child import GRACE_SECONDS, Child, Lifeline

ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PARENT_CHECK_SECONDS = 0.5


class Supervisor:
    """`run` starts everything and returns when everything has ended."""

    def __init__(self, children: Sequence[Child]) -> None:
        self._children = children
        self._ends: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._ending = threading.Event()
        self._impatient = False
        self._printing = threading.Lock()
        self._width = max(len(child.name) for child in children)

    def run(self, when_started: Callable[[threading.Event], None]) -> int:
        """Return 0 if it was asked to end, 1 if a process ended by itself.

        `when_started` runs in a thread; the event it gets is set when the end has come.
        """
        self._catch_signals()
        readers = []
        with Lifeline() as lifeline:
            try:
                for child in self._children:
                    process = child.start(subprocess.PIPE)
                    lifeline.hold(process.pid)
                    readers.append(self._thread(self._relay, child, process))
                self._thread(when_started, self._ending)
                self._thread(self._watch_parent, os.getppid())
                ended = self._ends.get()
            finally:
                self._end_all()
        for reader in readers:
            reader.join()
        if ended is not None:
            self._print("", f"{ended} ended by itself, so everything was stopped.")
        return 0 if ended is None else 1

    def _catch_signals(self) -> None:
        for number in ENDING_SIGNALS:
            # nohup has it ignored: then it stays ignored.
            if signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._on_signal)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._impatient = self._ending.is_set()
        self._ends.put(None)

    def _watch_parent(self, parent: int) -> None:
        """End with the program that started this one, even if it was killed and could say nothing."""
        while not self._ending.wait(PARENT_CHECK_SECONDS):
            if os.getppid() != parent:
                self._ends.put(None)
                return

    def _relay(self, child: Child, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout  # noqa: S101 - it was started with a pipe
        for line in process.stdout:
            self._print(child.name, line.decode(errors="replace").rstrip("\n"))
        process.wait()
        if not self._ending.is_set():
            self._print("", f"{child.name} ended with exit code {process.returncode}.")
            self._ends.put(child.name)

    def _end_all(self) -> None:
        """Last started, first ended: nobody loses what they stand on."""
        self._ending.set()
        deadline = time.monotonic() + GRACE_SECONDS
        for child in reversed(self._children):
            child.ask_to_end()
            while child.running and time.monotonic() < deadline and not self._impatient:
                child.wait(0.1)
            child.kill()

    def _print(self, name: str, line: str) -> None:
        with self._printing:
            try:
                sys.stdout.write(f"{name:{self._width}} | {line}\n" if name else f"{line}\n")
                sys.stdout.flush()
            except OSError:
                pass  # the terminal is gone; the end is under way

    def _thread(self, target: Callable[..., None], *arguments: object) -> threading.Thread:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        thread.start()
        return thread
