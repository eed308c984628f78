"""`make redis-cli`: look into the Redis of `make run`, as its user admin."""

import os
import shutil
import sys
from pathlib import Path

from local_stack import dotenv, settings
from local_stack.layout import REPOSITORY, run_folder
from local_stack.ports import Ports


def main(repository: Path = REPOSITORY) -> None:
    """Become redis-cli, or exit with a sentence that says why not."""
    try:
        door = settings.port(settings.read(repository), "PORT", settings.PORT)
    except (dotenv.DotenvError, settings.PortMalformedError) as reason:
        sys.exit(str(reason))
    password = run_folder(repository, door) / "secrets" / "admin_redis_password"
    if not password.exists():
        sys.exit(f"Nothing was started on port {door} yet: make run comes first.")
    program = shutil.which("redis-cli") or shutil.which("valkey-cli")
    if program is None:
        sys.exit(
            "redis-cli is not installed, and the embedded Valkey has none: any redis-cli will do."
        )
    port = str(Ports.next_to(door, sandbox=None).redis[0])
    environment = {**os.environ, "REDISCLI_AUTH": password.read_text(encoding="ascii")}
    os.execvpe(program, [program, "--user", "admin", "-p", port], environment)  # noqa: S606


if __name__ == "__main__":
    main()
