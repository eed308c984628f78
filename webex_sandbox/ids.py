"""Webex's opaque identifiers: unpadded base64 of `ciscospark://us/KIND/uuid`."""

import base64
import uuid

ORG_UUID = "1eb65fdf-9643-417f-9974-ad72cae0e10f"
"""The only organisation of the sandbox; every token ends with it."""

_NAMESPACE = uuid.UUID("7a7f4a3c-6a54-4d0a-8e0c-5f4c1f8f4b11")


def webex_id(kind: str, name: str) -> str:
    """Give the REST identifier of a thing, for example `webex_id("PEOPLE", uuid)`."""
    return base64.b64encode(f"ciscospark://us/{kind}/{name}".encode()).decode().rstrip("=")


def stable_uuid(name: str) -> str:
    """Give the same uuid for the same name at every start, so that bookmarks keep working."""
    return str(uuid.uuid5(_NAMESPACE, name))


def new_uuid() -> str:
    return str(uuid.uuid4())


ORG_ID = webex_id("ORGANIZATION", ORG_UUID)
