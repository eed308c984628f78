"""The terminal that a person looks at, which need not know every sign."""

import io
import sys


def forgive() -> None:
    """Print a question mark for a quotation mark that it does not have, instead of ending there."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
