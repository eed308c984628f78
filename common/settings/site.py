"""What makes the pages somebody's own: a name, a logo, a colour, and whom to ask."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from common.settings.environment import Environment

NOBODY_NAMED = "whoever runs this site"
LONGEST_NAME, LONGEST_CONTACT = 60, 200
MOST_LOGO_BYTES = 256 * 1024
COLOR = re.compile(r"#?([0-9a-fA-F]{6})")
# The first bytes of each kind of picture that every browser shows.
KINDS = (
    ("png", re.compile(rb"\x89PNG\r\n\x1a\n")),
    ("jpg", re.compile(rb"\xff\xd8\xff")),
    ("webp", re.compile(rb"RIFF....WEBP", re.DOTALL)),
    ("svg", re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<(?:\?xml|!DOCTYPE|!--)[^>]*>\s*)*<svg\b")),
)


@dataclass(frozen=True)
class Logo:
    """`kind` is the ending that a file of this kind has: png, jpg, webp or svg."""

    kind: str
    picture: bytes = field(repr=False)


@dataclass(frozen=True)
class SiteSettings:
    """`name`, `logo` and `color` (six hexadecimal digits) are None where the pages keep their own."""

    name: str | None = None
    logo: Logo | None = None
    color: str | None = None
    contact: str = NOBODY_NAMED


def read_site_settings(env: Environment) -> SiteSettings:
    """Read SITE_NAME, SITE_LOGO, SITE_COLOR and SITE_CONTACT."""
    return SiteSettings(
        name=_line(env, "SITE_NAME", LONGEST_NAME),
        logo=_logo(env),
        color=_color(env),
        contact=_line(env, "SITE_CONTACT", LONGEST_CONTACT) or NOBODY_NAMED,
    )


def _line(env: Environment, name: str, longest: int) -> str | None:
    text = env.optional(name)
    if text and (len(text) > longest or not text.isprintable()):
        env.refuse(f"{name} must be one line of at most {longest} characters")
    return text


def _color(env: Environment) -> str | None:
    value = env.optional("SITE_COLOR")
    if value is None:
        return None
    found = COLOR.fullmatch(value)
    if found is None:
        env.refuse("SITE_COLOR must be six hexadecimal digits, as in 0b5f66")
        return None
    return found[1].lower()


def _logo(env: Environment) -> Logo | None:
    path = env.optional("SITE_LOGO")
    if path is None:
        return None
    try:
        with Path(path).open("rb") as file:
            picture = file.read(MOST_LOGO_BYTES + 1)
    except OSError as error:
        env.refuse(f"SITE_LOGO cannot be read: {error.strerror}")
        return None
    if len(picture) > MOST_LOGO_BYTES:
        env.refuse(f"SITE_LOGO must be a file of at most {MOST_LOGO_BYTES // 1024} kB")
    for kind, beginning in KINDS:
        if beginning.match(picture):
            return Logo(kind, picture)
    env.refuse("SITE_LOGO must be an SVG, PNG, JPEG or WebP picture")
    return None
