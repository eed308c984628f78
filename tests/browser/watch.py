"""Sees what a browser complains about while a person looks at its pages."""

from urllib.parse import urldefrag, urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response, WebError

OWN_STATUS = "Failed to load resource: the server responded with a status of"
OFFLINE = "Failed to load resource: net::ERR_INTERNET_DISCONNECTED"
# What a page's script asks and can be told no to; the page says what became of it.
FOR_SCRIPTS = "/api/space"
# A file that only calls itself a picture: the page shows its name instead.
NO_PICTURE = "/picture"


class Watch:
    """Collects console errors, uncaught exceptions and requests to strangers of one browser.

    Violations of the Content-Security-Policy are console errors too. An error page's own status is
    not: Chromium writes a line for it, and the page was meant to have it. The same goes for what a
    script asks in vain.
    """

    def __init__(self, context: BrowserContext, *, known_origins: frozenset[str]) -> None:
        self.complaints: list[str] = []
        self._known_origins = known_origins
        self._failed_pages: set[str] = set()
        context.on("response", self._response)
        context.on("console", self._console)
        context.on("weberror", self._exception)
        context.on("request", self._request)

    def _response(self, response: Response) -> None:
        asked = FOR_SCRIPTS in response.url or response.url.endswith(NO_PICTURE)
        expected = response.request.is_navigation_request() or asked
        if expected and response.status >= 400:
            self._failed_pages.add(urldefrag(response.url).url)

    def _console(self, message: ConsoleMessage) -> None:
        expected = OFFLINE in message.text or (
            OWN_STATUS in message.text
            and urldefrag(message.location["url"]).url in self._failed_pages
        )
        if message.type in ("error", "warning") and not expected:
            self.complaints.append(message.text)

    def _exception(self, error: WebError) -> None:
        self.complaints.append(str(error.error))

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if f"{parts.scheme}://{parts.netloc}" not in self._known_origins:
            self.complaints.append(f"asked a stranger: {parts.netloc}")
