"""gunicorn's own settings; address and number of workers come on the command line."""

import gc
import logging.config
import os
import shutil
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from common.telemetry.logs import logging_settings
from common.web.serve import CODE_CHANGES, METRICS_FOLDER, SHOWS_MISTAKES, SHUTDOWN_SECONDS

logconfig_dict = logging_settings(
    os.environ.get("SERVICE_LOG_LEVEL", "info"),
    shows_mistakes=os.environ.get(SHOWS_MISTAKES) == "yes",
)
# The access log is ours (common.telemetry.access_log): gunicorn's would print the query string.
accesslog = None
graceful_timeout = SHUTDOWN_SECONDS + 2
# A container's root is read-only: no control socket, and the workers' heartbeat in memory.
control_socket_disable = True
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
_code_changes = os.environ.get(CODE_CHANGES) == "yes"
# Several workers share an application that is made before the fork: each one more takes half as much memory.
# One has nobody to share it with, and the master would keep a copy of everything that it changes. Where
# somebody develops, new workers read the code of now at SIGHUP.
preload_app = int(os.environ.get("WEB_CONCURRENCY", "1")) > 1 and not _code_changes
# A master without an application needs no aiohttp either. Where code changes, it has libraries ready: they do
# not change, and whoever saved a file waits for the next worker.
if _code_changes:
    import_module("prometheus_client")
_has_aiohttp = preload_app or _code_changes
worker_class = f"common.web.{'worker.Worker' if _has_aiohttp else 'late_worker.LateWorker'}"

# gunicorn takes over nothing else until the workers of before have ended, or for so long.
RELOAD_SECONDS = 1

_metrics_folder = os.environ.get(METRICS_FOLDER)

# What a start makes, it keeps: looking through it again and again for garbage takes an eighth of its time.
gc.disable()


def when_ready(_: object) -> None:
    """The master has what it needs."""
    gc.enable()


def on_reload(server: Any) -> None:
    """SIGHUP: new workers read the settings of now, and where code changes the code of now.

    There a request that hangs in the code of before must not keep the next file waiting.
    """
    if preload_app:
        server.app.callable = None
    if _code_changes:
        server.cfg.set("graceful_timeout", RELOAD_SECONDS)


def pre_fork(_: object, worker: object) -> None:
    """What a worker's collector would look at, it would copy."""
    del worker
    gc.freeze()


def post_fork(_: object, worker: object) -> None:
    """The worker has yet to import the application."""
    del worker
    gc.disable()
    if _code_changes:
        _forget_what_the_master_read()


def _forget_what_the_master_read() -> None:
    """Have the worker import it as it is now: settings of the log, and what they need of common."""
    for name in [each for each in sys.modules if each.partition(".")[0] == "common"]:
        del sys.modules[name]
    logging.config.dictConfig(import_module(__name__).logconfig_dict)


def post_worker_init(_: object) -> None:
    gc.freeze()
    gc.enable()


def child_exit(_: object, worker: Any) -> None:
    """What a worker counted stays; what it held, such as open streams, went with it."""
    if _metrics_folder:
        from prometheus_client import multiprocess  # noqa: PLC0415 - one worker needs none

        multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def on_exit(_: object) -> None:
    if _metrics_folder:
        shutil.rmtree(_metrics_folder, ignore_errors=True)
