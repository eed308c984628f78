"""gunicorn's worker: aiohttp's, which here hears at once that it is to end."""

from types import FrameType

from aiohttp.worker import GunicornUVLoopWebWorker


class Worker(GunicornUVLoopWebWorker):
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """SIGTERM: finish what is under way and end, as aiohttp's does at SIGQUIT.

        For SIGTERM it only takes a note, which it reads once a second. Until then a worker that was replaced
        answers beside its successor, with the code of before.
        """
        self.handle_quit(sig, frame)
