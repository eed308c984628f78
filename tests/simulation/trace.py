"""What happened, in words: only when somebody wants to read it, because words cost more than the rest."""

import re
from dataclasses import dataclass, field
from typing import Any

from tests.simulation.loop import START

# A script is told by words of its own.
SCRIPTS = {
    "math.randomseed": "TAKE",
    "PEXPIRETIME": "FREE",
    "'written'": "REPLACE",
    "'PEXPIRE', KEYS[1]": "RENEW",
    "~= ARGV[1] then return 0": "RELEASE",
    "KEYS": "SCRIPT",
}


@dataclass
class Trace:
    on: bool
    clock: Any
    lines: list[str] = field(default_factory=list)

    def add(self, who: str, what: str, answer: str = "") -> None:
        if self.on:
            arrow = f" -> {answer}" if answer else ""
            self.lines.append(f"{self.clock() - START:12.4f}  {who:8}  {what}{arrow}")


def short(value: Any) -> str:
    """A command or an answer on one line: long names cut, sealed bytes as their end."""
    if isinstance(value, tuple | list):
        return " ".join(map(short, value))
    if isinstance(value, bytes):
        if len(value) > 90 or not value.isascii():
            return f"<{value[-4:].hex()}>"
        value = value.decode()
    text = str(value)
    if "\n" in text or "redis.call" in text:
        return next(name for words, name in SCRIPTS.items() if words in text)
    return re.sub(r"[0-9a-f]{32,}", lambda name: name[0][:5], text)
