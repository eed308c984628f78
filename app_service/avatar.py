"""People's pictures: which of them a page may show."""

import re
from collections.abc import Iterable

# No userinfo; and nothing that a browser reads as "/", which would end the host earlier than here.
ORIGIN = re.compile(r"(https?://[A-Za-z0-9.\-]+(?::[0-9]{1,5})?)(?:[/?#]|$)")


def is_allowed(url: str, sources: Iterable[str]) -> bool:
    """Whether the Content-Security-Policy lets a page show this picture."""
    found = ORIGIN.match(url)
    return found is not None and any(_matches(found[1], source) for source in sources)


def _matches(origin: str, source: str) -> bool:
    scheme, star, suffix = source.partition("*.")
    if not star:
        return origin == source
    host = origin.removeprefix(scheme)
    return origin.startswith(scheme) and host.endswith(f".{suffix}")
