"""The look of a code or token: three parts, joined by "_", as Cisco's own SDK insists."""

import base64
import secrets

from webex_sandbox.ids import ORG_UUID, new_uuid

CLUSTER = "PF84"


def webex_token() -> str:
    """Make a new value: base64 that holds no "_", the cluster, the uuid of the organisation."""
    # base64 of hexadecimal text, as at Webex: it never needs "+", "/" or padding.
    unguessable = base64.b64encode((new_uuid() + secrets.token_hex(6)).encode()).decode()
    return f"{unguessable}_{CLUSTER}_{ORG_UUID}"
