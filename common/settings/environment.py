"""Environment variables as settings are read from them: all checked, all problems told at once."""

import difflib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit


class SettingsError(Exception):
    """Every problem with the settings at once, each naming its variable."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class Environment:
    """Reads variables, remembers which were asked for, and collects what is wrong with them.

    An empty variable counts as unset, because Compose passes `${NAME:-}` on as an empty string.
    A variable NAME can also come from the file that NAME_FILE names. Blanks and newlines around a
    value are dropped.
    """

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self.asked: set[str] = set()
        self._shared: set[str] = set()
        self.problems: list[str] = []

    def text(self, name: str, default: str | None = None) -> str:
        """The value, or the default; without a default a missing value is a problem."""
        value = self._value(name)
        if value is None and default is None:
            self.problems.append(f"{name} is not set")
        return value if value is not None else (default or "")

    def optional(self, name: str) -> str | None:
        return self._value(name)

    def shared(self, name: str) -> str:
        """A variable that other programs read too, in small letters as well; what resembles it is theirs."""
        self.asked.add(name)
        self._shared.add(name)
        return self._variables.get(name.lower(), self._variables.get(name, "")).strip()

    def integer(self, name: str, default: int, *, minimum: int, maximum: int) -> int:
        value = self._value(name)
        if value is None:
            return default
        if not re.fullmatch(r"[0-9]{1,12}", value) or not minimum <= int(value) <= maximum:
            self.problems.append(f"{name} must be a whole number from {minimum} to {maximum}")
            return default
        return int(value)

    def switch(self, name: str, *, default: bool) -> bool:
        """Whether it says on; anything but on and off is a problem."""
        value = self.text(name, "on" if default else "off").lower()
        if value not in ("on", "off"):
            self.problems.append(f"{name} must be on or off")
        return value == "on"

    def words(self, name: str, default: str) -> tuple[str, ...]:
        """Words separated by spaces or commas, in their order, without repeats."""
        words = re.split(r"[\s,]+", self.text(name, default))
        return tuple(dict.fromkeys(word for word in words if word))

    def url(self, name: str, default: str | None, schemes: Sequence[str]) -> str:
        """An absolute address without credentials, query or fragment; no trailing slash."""
        value = self.text(name, default).rstrip("/")
        if value and not _is_plain_url(value, schemes):
            self.problems.append(f"{name} must be an address that starts with {_either(schemes)}")
            return (default or "").rstrip("/")
        return value

    def refuse(self, problem: str) -> None:
        self.problems.append(problem)

    def check(self) -> None:
        """Raise SettingsError if anything was wrong, misspelt names included."""
        self.problems.extend(self._misspelt())
        if self.problems:
            raise SettingsError(self.problems)

    def _value(self, name: str) -> str | None:
        self.asked.add(name)
        value = self._variables.get(name, "").strip()
        path = self._variables.get(f"{name}_FILE", "").strip()
        if value and path:
            self.problems.append(f"{name} and {name}_FILE are both set; keep one of them")
        if value or not path:
            return value or None
        try:
            # Editors on Windows put a byte order mark before the first line.
            return Path(path).read_text(encoding="utf-8-sig").strip() or None
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not a text file"
            self.problems.append(f"{name}_FILE cannot be read: {reason}")
            return None

    def _misspelt(self) -> list[str]:
        """Variables that look like one of ours that is unset: most likely a slip of the finger."""
        unset = [name for name in self.asked if not self._variables.get(name) and len(name) > 5]
        unset = [name for name in unset if name not in self._shared]
        problems = []
        for name in self._variables:
            if name in self.asked or name.removesuffix("_FILE") in self.asked:
                continue
            plain = name.removesuffix("_FILE")
            near = difflib.get_close_matches(plain, unset, n=1, cutoff=0.88)
            if near:
                meant = near[0] + name.removeprefix(plain)
                problems.append(f"{name} is not a setting; did you mean {meant}?")
        return problems


def _is_plain_url(value: str, schemes: Sequence[str]) -> bool:
    if not value.startswith(tuple(schemes)) or not value.isascii() or not value.isprintable():
        return False
    try:
        parts = urlsplit(value)
        valid_port = parts.port is None or parts.port > 0
    except ValueError:
        return False
    extras = parts.query or parts.fragment or "@" in parts.netloc or " " in value
    return bool(parts.hostname) and valid_port and not extras


def _either(schemes: Sequence[str]) -> str:
    return " or ".join(schemes)
