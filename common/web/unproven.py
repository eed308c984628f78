"""What a request gets that has a bound session's ticket, and not its short cookie: nothing of the person.

A browser renews that cookie before it sends a request, except where a link of another site leads here (W3C
Device Bound Session Credentials, "allowed_refresh_initiators"). So the first page of a visit is loaded again
from our own origin. If the cookie is still missing, there is nobody.
"""

from aiohttp import web

from common.failures import HERE_AGAIN, Failure, TryLater
from common.web.page import HTML

# With nothing of the person in it. A page that loads itself has an origin to come from: ours.
LOADS_AGAIN = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="0"><title>One moment</title></html>
"""
FROM_ELSEWHERE = ("cross-site", "same-site", "none")
# Why the browser did not renew it; whoever says so gets nothing either, and is told to try again.
SKIPPED = "Secure-Session-Skipped"


def load_again(request: web.Request) -> None:
    """Raise the page that loads itself again, unless it has done so."""
    headers = request.headers
    if (
        request.method in ("GET", "HEAD")
        and headers.get("Sec-Fetch-Mode") == "navigate"
        and headers.get("Sec-Fetch-Site") in FROM_ELSEWHERE
    ):
        raise web.HTTPOk(text=LOADS_AGAIN, headers=HTML)


def excuse(request: web.Request) -> None:
    """Raise the failure of a browser that says why it could not renew the cookie."""
    if SKIPPED in request.headers:
        raise renewal_late()


def renewal_late() -> Failure:
    return TryLater(
        title="Your browser could not prove itself right now",
        what_happened=(
            "Your session is bound to the device on which you signed in, and your browser could not renew "
            "its proof in time."
        ),
        what_to_check=("Nothing is lost: you are still signed in. Try again in a moment.",),
        status=503,
        slug="renewal_late",
        way_on=HERE_AGAIN,
        retry_after=5,
    )
