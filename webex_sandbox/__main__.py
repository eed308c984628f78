"""Start the sandbox: `python -m webex_sandbox`."""

import logging
import os
import sys

from aiohttp import web

from webex_sandbox import logs
from webex_sandbox.app import create_app
from webex_sandbox.settings import RealWebexConfigured, Settings, SettingsError

_logger = logging.getLogger("webex_sandbox")


def main() -> int:
    try:
        settings = Settings.from_environ(os.environ)
    except RealWebexConfigured as reason:
        sys.stdout.write(f"webex_sandbox: {reason}\n")
        return 0
    except SettingsError as problem:
        sys.stderr.write(f"webex_sandbox: {problem}\n")
        return 2
    logs.set_up(settings.log_level)
    web.run_app(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        access_log_class=logs.AccessLogger,
        access_log=logging.getLogger(logs.ACCESS_LOG),
        shutdown_timeout=1,
        print=lambda _: _logger.info("Listening; the sandbox of Webex is at %s", settings.url),
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
