"""What stands behind `python -m <service>`."""

import sys
from collections.abc import Sequence

EXIT_UNKNOWN = 2
SERVE = "serve"


def read_command(
    arguments: Sequence[str], known: Sequence[str], *, service: str
) -> tuple[str, list[str]]:
    """The command and its arguments; without any it is `serve`. `known` are written `name` or `name …`.

    Anything else ends the process with exit code 2: a check that is misspelt must not start a server.
    """
    command, *more = arguments or [SERVE]
    if f"{command} …" in known or (command in known and not more):
        return command, more
    listed = ", ".join(f"python -m {service} {each}" for each in known)
    sys.stderr.write(f"{service} has no such command; there are: {listed}\n")
    sys.exit(EXIT_UNKNOWN)
