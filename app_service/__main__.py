"""`python -m app_service` serves; `python -m app_service check` only checks the settings.

`python -m app_service check-redis` asks Redis for what the service needs there.
"""

import os
import sys

from app_service.redis_needs import NEEDS
from app_service.settings import Settings
from common.redis_check import check_redis
from common.serve import exit_with, serve
from common.settings import SettingsError


def main() -> None:
    try:
        settings = Settings.read(os.environ)
    except SettingsError as error:
        exit_with(error, service="app_service")
    if sys.argv[1:] == ["check-redis"]:
        sys.exit(check_redis(settings, NEEDS))
    if sys.argv[1:] != ["check"]:
        serve("app_service.app:main", settings)


if __name__ == "__main__":
    main()
