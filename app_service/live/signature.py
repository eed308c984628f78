"""Whether a call bears the signature of its webhook.

Source: Webex guide "Webhooks". `X-Spark-Signature` is HMAC-SHA1 of the raw body in lowercase hex; newer calls
bear `X-Webex-Signature` besides, with `sha256=…` and `sha512=…`. The strongest that is there decides: a
weaker one that is right does not help a stronger one that is wrong.
"""

import hmac
import re

from multidict import MultiMapping

OLD_HEADER, HEADER = "X-Spark-Signature", "X-Webex-Signature"
# Strongest first, with the length in hex.
_STRENGTHS = {"sha512": 128, "sha256": 64, "sha1": 40}
_HEX = re.compile(r"[0-9a-f]+")
_BETWEEN = re.compile(r"[\s,;]+")


def is_signed(raw: bytes, headers: MultiMapping[str], secret: str) -> bool:
    """Whether the strongest signature that the headers bear is that of the body."""
    borne = _signatures(headers)
    name = next((name for name in _STRENGTHS if name in borne), "")
    if not name or len(borne[name]) != 1:
        return False
    [signature] = borne[name]
    if len(signature) != _STRENGTHS[name] or not _HEX.fullmatch(signature):
        return False
    expected = hmac.new(secret.encode(), raw, name).hexdigest()
    return hmac.compare_digest(expected, signature)


def _signatures(headers: MultiMapping[str]) -> dict[str, set[str]]:
    borne: dict[str, set[str]] = {}
    for header in headers.getall(HEADER, ()):
        for part in filter(None, _BETWEEN.split(header)):
            name, _, signature = part.partition("=")
            borne.setdefault(name.lower(), set()).add(signature)
    for signature in headers.getall(OLD_HEADER, ()):
        borne.setdefault("sha1", set()).add(signature)
    return borne
