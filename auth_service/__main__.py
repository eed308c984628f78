"""`python -m auth_service` serves; `python -m auth_service check [NAME …]` only checks the settings.

The named variables have to be set as well: what another container needs, so that one check says it all. An
overlay names more of them in a variable NEEDED_FOR_… of its own. For the same reason it looks at nginx's.
`python -m auth_service check-redis` asks Redis for what the service needs there, and
`python -m auth_service sessions list|end PERSON …` is for whoever runs this site.
"""

import os
import sys
from collections.abc import Sequence
from itertools import chain

from auth_service.settings import Settings
from common.settings.environment import Environment, SettingsError
from common.settings.nginx import check_nginx_settings
from common.web.commands import SERVE, read_command
from common.web.serve import exit_with, serve

NEEDED = "NEEDED_FOR_"
COMMANDS = (SERVE, "check …", "check-redis", "sessions …")


def main() -> None:
    command, names = read_command(sys.argv[1:], COMMANDS, service="auth_service")
    env = Environment(os.environ)
    if command == "check":
        _check_for_others(env, names)
    try:
        settings = Settings.from_environment(env)
    except SettingsError as error:
        exit_with(error, service="auth_service")
    if command == "check-redis":
        sys.exit(_check_redis(settings))
    if command == "sessions":
        sys.exit(_administer(names, settings))
    if command == SERVE:
        serve("auth_service.app:main()", settings)


def _check_for_others(env: Environment, names: Sequence[str]) -> None:
    check_nginx_settings(env)
    overlays = [text.split() for key, text in os.environ.items() if key.startswith(NEEDED)]
    for name in dict.fromkeys((*names, *chain(*overlays))):
        env.text(name)


# Imported in here: what only these need would make every start longer.


def _check_redis(settings: Settings) -> int:
    from auth_service.redis_needs import NEEDS  # noqa: PLC0415
    from common.store.check_redis import check_redis  # noqa: PLC0415

    return check_redis(settings, NEEDS)


def _administer(names: Sequence[str], settings: Settings) -> int:
    from auth_service.sessions import administration  # noqa: PLC0415

    return administration.main(names, settings)


if __name__ == "__main__":
    main()
