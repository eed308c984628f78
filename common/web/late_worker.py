"""What gunicorn's master makes of a worker that is the only one (common.web.gunicorn)."""

from gunicorn.workers.base import Worker as MastersWorker


class LateWorker(MastersWorker):  # type: ignore[misc]
    """Becomes aiohttp's worker after the fork: a master that has it is 15 MB larger."""

    def init_process(self) -> None:
        from common.web.worker import Worker  # noqa: PLC0415

        # The same object: gunicorn, which made it, goes on asking it whether it has booted.
        self.__class__ = Worker
        # What aiohttp's __init__ adds to gunicorn's.
        self._task, self.exit_code, self._notify_waiter = None, 0, None
        self.init_process()
