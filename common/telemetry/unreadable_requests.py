"""What a request that is no HTTP is to the log: a stranger's mistake, and no error of ours."""

import logging


class UnreadableRequests(logging.Filter):
    """Lets aiohttp's line about a request that is no HTTP be no error: anybody can send one."""

    def filter(self, record: logging.LogRecord) -> bool:
        # Imported here: gunicorn's master makes this filter, and has no aiohttp.
        from aiohttp.http_exceptions import HttpProcessingError  # noqa: PLC0415

        if record.exc_info and isinstance(record.exc_info[1], HttpProcessingError):
            record.levelno, record.levelname = logging.INFO, "INFO"
        return record.levelno >= logging.getLogger().level
