"""`python -m app_service` serves; `python -m app_service check` only checks the settings.

`python -m app_service check-redis` asks Redis for what the service needs there.
"""

import os
import sys

from app_service.redis_needs import NEEDS
from app_service.settings import Settings
from common.settings.environment import SettingsError
from common.web.commands import SERVE, check_redis, read_command
from common.web.serve import exit_with, serve

COMMANDS = (SERVE, "check", "check-redis")


def main() -> None:
    command, _ = read_command(sys.argv[1:], COMMANDS, service="app_service")
    try:
        settings = Settings.read(os.environ)
    except SettingsError as error:
        exit_with(error, service="app_service")
    if command == "check-redis":
        sys.exit(check_redis(settings, NEEDS))
    if command == SERVE:
        serve("app_service.app:main", settings)


if __name__ == "__main__":
    main()
