"""The file .env, read as Docker Compose reads it.

Source: https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/
"""

import re
from collections.abc import Mapping
from pathlib import Path

NAME = r"[A-Za-z_][A-Za-z0-9_]*"
# Compose takes more names than a process' environment can hold.
ANY_NAME = r"[\w.\-\[\]]+"
# Each line is one of these: a variable, a comment, nothing, or something that cannot be read.
LINE = re.compile(
    rf"""
    ^[ \t]* (?: (?:export[ \t]+)? (?P<name>{ANY_NAME}) [ \t]* (?: [=:] [ \t]*
        (?: '(?P<literal>(?:[^'\\]|\\.)*)' | "(?P<quoted>(?:[^"\\]|\\.)*)"
          | (?P<bare>(?![ \t'"])[^\n]*) )
    )? )? [ \t]* (?:\#[^\n]*)? $
    | ^(?P<unread>[^\n]+)$
    """,
    re.MULTILINE | re.VERBOSE | re.DOTALL,
)
REFERENCE = re.compile(
    rf"\$(?: (?P<dollar>\$) | (?P<plain>{NAME})"
    rf" | \{{ (?P<name>{NAME}) (?: (?P<how>:?[-+?]) (?P<other>[^}}]*) )? \}} )",
    re.VERBOSE,
)
ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "$": "$$"}


class DotenvError(ValueError):
    """The file cannot be used, or a variable that it calls required is not set; the text says so.

    It never quotes a value, which may be a secret.
    """


def load(file: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Read a file that need not be there; raise DotenvError."""
    if not file.exists():
        return {}
    try:
        # Editors on Windows put a byte order mark before the first line.
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise DotenvError(f"{file.name} is not a text file in UTF-8: save it as one.") from None
    except OSError as error:
        raise DotenvError(f"{file.name} cannot be read: {error.strerror}.") from None
    return read(text, environ)


def read(text: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the file's variables; a variable that `environ` has too keeps the value it has there.

    Raises:
        DotenvError: a line cannot be read, or it has `${NAME:?text}` and NAME is not set.

    """
    text = text.replace("\r\n", "\n")
    values: dict[str, str] = {}
    for line in LINE.finditer(text):
        if line["unread"] is not None:
            number = text.count("\n", 0, line.start()) + 1
            raise DotenvError(
                f".env, line {number}: this is not NAME=value, or a quote is not closed."
            )
        value = _value(line, {**values, **environ}) if _is_variable(line["name"]) else None
        if value is not None:
            values[line["name"]] = value
    return {**values, **{name: environ[name] for name in values if name in environ}}


def _is_variable(name: str | None) -> bool:
    return name is not None and re.fullmatch(NAME, name) is not None


def _value(line: re.Match[str], known: Mapping[str, str]) -> str | None:
    if line["literal"] is not None:
        return line["literal"].replace("\\'", "'")
    if line["quoted"] is not None:
        escaped = re.sub(
            r"\\(.)", lambda m: ESCAPES.get(m[1], m[0]), line["quoted"], flags=re.DOTALL
        )
        return _filled_in(escaped, known)
    if line["bare"] is None:  # a name alone: handed through if it is set
        return known.get(line["name"])
    return _filled_in(re.sub(r"(^|\s)#.*$", "", line["bare"]).strip(), known)


def _filled_in(text: str, known: Mapping[str, str]) -> str:
    return REFERENCE.sub(lambda reference: _referred(reference, known), text)


def _referred(reference: re.Match[str], known: Mapping[str, str]) -> str:
    if reference["dollar"]:
        return "$"
    name, how, other = reference["name"] or reference["plain"], reference["how"], reference["other"]
    value = known.get(name)
    there = bool(value) if how and how.startswith(":") else value is not None
    if not how or (there and how[-1] in "-?"):
        return value or ""
    if how[-1] == "?":
        raise DotenvError(f"{name}: {other or 'is required'}")
    if how[-1] == "-":
        return other
    return other if there else ""
