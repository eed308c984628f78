"""Addresses that open a space or a message in the Webex app (webexteams://, Webex guide "Deep links")."""

import base64
import binascii
import re

_ID = re.compile(
    r"ciscospark://[a-z0-9:_\-]{1,60}/(ROOM|MESSAGE)/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
)


def webex_link(room_id: str, message_id: str | None = None) -> str | None:
    """The link; None if the ids are not of the kind that Webex gives out (they are opaque by its word)."""
    room = _uuid(room_id, "ROOM")
    if room is None:
        return None
    message = _uuid(message_id, "MESSAGE") if message_id else None
    return f"webexteams://im?space={room}" + (f"&message={message}" if message else "")


def _uuid(identifier: str, kind: str) -> str | None:
    try:
        text = base64.b64decode(identifier + "=" * (-len(identifier) % 4)).decode()
    except (binascii.Error, ValueError):
        return None
    found = _ID.fullmatch(text)
    return found[2] if found and found[1] == kind else None
