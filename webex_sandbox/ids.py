"""Webex's opaque values: identifiers, and the look of codes and tokens."""

import base64
import secrets
import uuid

ORG_UUID = "1eb65fdf-9643-417f-9974-ad72cae0e10f"
"""The organisation of the sandbox, its bot and most people; every token ends with it."""
PARTNER_ORG_UUID = "c5a4be2b-6f4c-4e0e-9d0c-0d3f0f6b6a52"
"""Another organisation, of people who are guests."""

CLUSTER = "PF84"
_NAMESPACE = uuid.UUID("7a7f4a3c-6a54-4d0a-8e0c-5f4c1f8f4b11")


def webex_id(kind: str, name: str) -> str:
    """Give the REST identifier of a thing, for example `webex_id("PEOPLE", uuid)`.

    It is the unpadded base64 of `ciscospark://us/KIND/name`.
    """
    return base64.b64encode(f"ciscospark://us/{kind}/{name}".encode()).decode().rstrip("=")


def stable_uuid(name: str) -> str:
    """Give the same uuid for the same name at every start, so that bookmarks keep working."""
    return str(uuid.uuid5(_NAMESPACE, name))


def new_uuid() -> str:
    return str(uuid.uuid4())


ORG_ID = webex_id("ORGANIZATION", ORG_UUID)
PARTNER_ORG_ID = webex_id("ORGANIZATION", PARTNER_ORG_UUID)


def webex_token() -> str:
    """Make a code or token: three parts, joined by "_", as Cisco's own SDK insists.

    They are base64 that holds no "_", the cluster, and the uuid of the organisation.
    """
    # base64 of hexadecimal text, as at Webex: it never needs "+", "/" or padding.
    unguessable = base64.b64encode((new_uuid() + secrets.token_hex(6)).encode()).decode()
    return f"{unguessable}_{CLUSTER}_{ORG_UUID}"
