"""One page of a Webex list, and where the next one is."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from multidict import CIMultiDict
from yarl import URL

LINK = re.compile(r"<([^<>]*)>([^<]*)")
NEXT = re.compile(r';\s*rel\s*=\s*"?next\b', re.IGNORECASE)


@dataclass(frozen=True)
class WebexPage:
    """`items` are objects; `next_url` is an address of the same origin as the request's, or None."""

    items: list[dict[str, Any]]
    next_url: str | None


def read_page(url: str, headers: Mapping[str, str], body: Mapping[str, Any]) -> WebexPage | None:
    """Read an answer of the shape `{"items": [...]}`; None if it has another one."""
    items = body.get("items")
    if not isinstance(items, list):
        return None
    objects = [item for item in items if isinstance(item, dict)]
    return WebexPage(objects, next_link(url, headers))


def next_link(url: str, headers: Mapping[str, str]) -> str | None:
    """The address of `rel="next"` in the Link header (RFC 8288).

    Only one of the same origin and path counts: the token goes along with the request.
    """
    for value in CIMultiDict(headers).getall("Link", ()):
        for target, parameters in LINK.findall(value):
            if NEXT.search(parameters):
                return _same_place(url, target)
    return None


def _same_place(url: str, target: str) -> str | None:
    try:
        here = URL(url)
        there = here.join(URL(target, encoded=True))
        same = there.origin() == here.origin() and there.path == here.path
    except ValueError:
        return None
    return str(there) if same and there.user is None else None
