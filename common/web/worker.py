"""gunicorn's worker: aiohttp's, with a longer queue, which hears at once that it is to end."""

from types import FrameType
from typing import Any

import uvloop  # noqa: F401 - aiohttp imports it after the fork, where each worker would have its own
from aiohttp.worker import GunicornUVLoopWebWorker


class Worker(GunicornUVLoopWebWorker):
    sockets: list[Any]

    def init_process(self) -> None:
        """Serve on the sockets themselves, not on gunicorn's objects around them.

        libuv closes a descriptor. uvloop then detaches a socket from it, but has anything else close
        itself (UVSocketHandle in its handles/handle.pyx): a second time, by a number that may be another
        file's by then.
        """
        self.sockets = [listener.sock for listener in self.sockets]
        super().init_process()

    def notify(self) -> None:
        """Tell gunicorn's process that this one lives: as soon as the sockets listen, and then each second.

        aiohttp has them listen once more, for 128 connections and not for gunicorn's `backlog`
        (web.SockSite). Of a thousand viewers who come back at once nginx could not reach the service for
        most. For a socket that listens already listen(2) sets the length and nothing else.
        """
        for listener in self.sockets:
            listener.listen(self.cfg.backlog)
        super().notify()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """SIGTERM: finish what is under way and end, as aiohttp's does at SIGQUIT.

        For SIGTERM it only takes a note, which it reads once a second. Until then a worker that was replaced
        answers beside its successor, with the code of before.
        """
        self.handle_quit(sig, frame)
