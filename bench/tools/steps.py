"""Steps of Python's own machine (opcodes), counted where they are taken."""

import contextlib
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

Place = Callable[[FrameType], str | None]


@contextlib.contextmanager
def counted(steps: Counter[str], place_of: Place) -> Iterator[None]:
    """Count the steps of each function that is called, or goes on, in the block; None is not counted.

    Python 3.12 and newer count them from the second such call of a function on.
    """

    def begin(frame: FrameType, _: str, __: Any) -> Any:
        place = place_of(frame)
        if place is None:
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False

        def step(_: FrameType, event: str, __: Any) -> Any:
            steps[place] += event == "opcode"
            return step

        return step

    before = sys.gettrace()
    sys.settrace(begin)
    try:
        yield
    finally:
        sys.settrace(before)
