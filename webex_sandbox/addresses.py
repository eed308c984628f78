"""Under which of its two addresses the sandbox was reached."""

from urllib.parse import urlsplit

from aiohttp import web

from webex_sandbox.settings import SETTINGS


def api_origin(request: web.Request) -> str:
    """Give the address for links in an answer: the one that the client used, if it is ours.

    A client sends its token only to the origin that it knows, and between containers that is
    not the address a browser uses. A Host header that names neither of the two is not followed.
    """
    settings = request.app[SETTINGS]
    if request.host == urlsplit(settings.internal_url).netloc:
        return settings.internal_url
    return settings.url
