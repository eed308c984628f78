"""Runs processes together: shows what they write, and ends all of them when one ends or a signal comes."""

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Collection
from types import FrameType

from local_stack.child import GRACE_SECONDS, Child, Lifeline
from local_stack.log_lines import Writing

ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PARENT_CHECK_SECONDS = 0.5
# Lines that were not worth showing, until the process that wrote them last ends by itself.
LAST_WORDS = 10


class Supervisor:
    """`run` returns when everything has ended that was started here."""

    def __init__(self, writing: Writing) -> None:
        self._writing = writing
        self._children: list[Child] = []
        self._readers: list[threading.Thread] = []
        self._lifeline = Lifeline()
        self._ends: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._ending = threading.Event()
        self._starting = threading.Lock()
        self._impatient = False
        self._printing = threading.Lock()
        self._may_end: set[str] = set()

    @property
    def ending(self) -> bool:
        return self._ending.is_set()

    def run(self, play: Callable[["Supervisor"], None]) -> int:
        """Return 0 if it was asked to end, 1 if a process ended by itself.

        `play` runs in a thread of its own, where it starts what is to run. Its end ends nothing.
        """
        self._catch_signals()
        with self._lifeline:
            try:
                self._thread(self._play, play)
                self._thread(self._watch_parent, os.getppid())
                ended = self._end_that_came()
            finally:
                self._end_all()
        for reader in self._readers:
            reader.join()
        if ended is not None:
            self.say(f"{ended} ended by itself, so everything was stopped.")
        return 0 if ended is None else 1

    def _end_that_came(self) -> str | None:
        """Wait for an end, and look up now and then.

        A signal that comes just before the main thread goes to sleep, or to another thread, wakes
        nobody; its handler runs when the main thread runs again.
        """
        while True:
            with contextlib.suppress(queue.Empty):
                return self._ends.get(timeout=PARENT_CHECK_SECONDS)

    def start(self, child: Child) -> None:
        """Start a child, unless the end has come; raise nothing."""
        with self._starting:
            if self.ending:
                return
            process = child.start(subprocess.PIPE)
            self._lifeline.hold(process.pid)
            if child not in self._children:
                self._children.append(child)
            self._readers.append(self._thread(self._relay, child, process))

    def let_end(self, names: Collection[str]) -> None:
        """From now on the others go on when one of these ends, which its caller starts again."""
        self._may_end.update(names)

    def wait(self, seconds: float) -> bool:
        """Return after this time, or as soon as the end has come; say whether it has."""
        return self._ending.wait(seconds)

    def say(self, *lines: str) -> None:
        """Write lines of our own."""
        with self._printing:
            try:
                sys.stdout.writelines(f"{line}\n" for line in lines)
                sys.stdout.flush()
            except OSError:
                pass  # the terminal is gone; the end is under way

    def _play(self, play: Callable[["Supervisor"], None]) -> None:
        try:
            play(self)
        except Exception:
            self._ends.put("make run")
            raise

    def _catch_signals(self) -> None:
        for number in ENDING_SIGNALS:
            # nohup has it ignored: then it stays ignored.
            if signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._on_signal)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._impatient = self.ending
        self._ends.put(None)

    def _watch_parent(self, parent: int) -> None:
        """End with the program that started this one, even if it was killed and could say nothing."""
        while not self.wait(PARENT_CHECK_SECONDS):
            if os.getppid() != parent:
                self._ends.put(None)
                return

    def _relay(self, child: Child, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout  # noqa: S101 - it was started with a pipe
        unseen: deque[str] = deque(maxlen=LAST_WORDS)
        for line in process.stdout:
            text = line.decode(errors="replace").rstrip("\n")
            shown = list(self._writing.show(child.name, text))
            self.say(*shown)
            unseen.clear() if shown else unseen.append(text)
        process.wait()
        with self._starting:
            if self.ending:
                return
            self._lifeline.let_go(process.pid)
        if child.was_asked_to_end:
            return
        self.say(*unseen, f"{child.name} ended with exit code {process.returncode}.")
        if child.name in self._may_end:
            self.say(f"{child.name} starts again when its code is saved.")
        else:
            self._ends.put(child.name)

    def _end_all(self) -> None:
        """Last started, first ended: nobody loses what they stand on."""
        with self._starting:
            self._ending.set()
        deadline = time.monotonic() + GRACE_SECONDS
        for child in reversed(self._children):
            child.ask_to_end()
            while child.running and time.monotonic() < deadline and not self._impatient:
                child.wait(0.1)
            child.kill()

    def _thread(self, target: Callable[..., None], *arguments: object) -> threading.Thread:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        thread.start()
        return thread
