"""`python -m app_service` serves; `python -m app_service check` only checks the settings.

`python -m app_service check-redis` asks Redis for what the service needs there.
"""

import os
import sys

from app_service.settings import Settings
from common.settings.environment import SettingsError
from common.web.commands import SERVE, read_command
from common.web.serve import exit_with, serve

COMMANDS = (SERVE, "check", "check-redis")


def main() -> None:
    command, _ = read_command(sys.argv[1:], COMMANDS, service="app_service")
    try:
        settings = Settings.read(os.environ)
    except SettingsError as error:
        exit_with(error, service="app_service")
    if command == "check-redis":
        sys.exit(_check_redis(settings))
    if command == SERVE:
        serve("app_service.app:main()", settings)


def _check_redis(settings: Settings) -> int:
    # Imported here: what only this needs would make every start longer.
    from app_service.redis_needs import NEEDS  # noqa: PLC0415
    from common.store.check_redis import check_redis  # noqa: PLC0415

    return check_redis(settings, NEEDS)


if __name__ == "__main__":
    main()
