"""Which Python installs things: make runs this first, so any Python can read it, 2.7 and 3.6 included.

One that is too old gets a sentence. In a virtual environment without pip, as an activated .venv is, it is
the Python that the environment was made of. local_stack/venv.py does the work.
"""

import os
import sys

if __name__ == "__main__":
    if sys.version_info < (3, 11):
        sys.exit(
            "Python 3.11 or newer is needed, this is %d.%d. Name one: make PYTHON=python3.13 run"
            % (sys.version_info[0], sys.version_info[1])
        )

    from importlib.util import find_spec

    python = sys.executable
    if sys.prefix != sys.base_prefix and find_spec("pip") is None:
        python = getattr(sys, "_base_executable", python)  # as the module venv finds it
    os.execv(python, [python, "-m", "local_stack.venv"] + sys.argv[1:])  # noqa: RUF005, S606
