"""Avatars: a circle of a person's own colour with the initials in it."""

import colorsys
import hashlib

from aiohttp import web
from markupsafe import escape

from webex_sandbox.people import PEOPLE, Person

_SVG = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 128 128" width="128" height="128">
<rect width="128" height="128" fill="{colour}"/>
<text x="64" y="64" fill="#fff" font-family="sans-serif" font-size="52" text-anchor="middle"
 dominant-baseline="central">{initials}</text>
</svg>
"""


async def avatar(request: web.Request) -> web.Response:
    person = request.app[PEOPLE].by_uuid(request.match_info["person_uuid"])
    if person is None or not person.has_avatar:
        raise web.HTTPNotFound
    return web.Response(
        text=_SVG.format(colour=_colour(person), initials=escape(_letters(person))),
        content_type="image/svg+xml",
        headers={
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "public, max-age=3600",
            # The pages that show it belong to another origin.
            "Cross-Origin-Resource-Policy": "cross-origin",
        },
    )


def _letters(person: Person) -> str:
    return "".join(letter for letter in person.initials if letter.isalnum()) or "?"


def _colour(person: Person) -> str:
    # The first bytes would give two people of the demo the same colour.
    hue = hashlib.sha256(person.email.encode()).digest()[2] / 256
    red, green, blue = (round(255 * part) for part in colorsys.hls_to_rgb(hue, 0.36, 0.5))
    return f"#{red:02x}{green:02x}{blue:02x}"
