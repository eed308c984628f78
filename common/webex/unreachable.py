"""Why Webex could not be reached: a word for the log, and what a person can do about it.

Told apart by the kinds of errors that aiohttp raises, never by their texts.
"""

from enum import Enum

import aiohttp

PROXY_WANTS_A_PASSWORD = 407


class Why(Enum):
    """The word, and what to check."""

    DNS = ("dns", "Its name is not known here: check the DNS of the machine that runs this site.")
    REFUSED = (
        "refused",
        "The connection was refused: check firewall, HTTPS_PROXY and WEBEX_API_URL.",
    )
    CONNECT_TIMEOUT = (
        "connect_timeout",
        "Nobody took the connection in time: a firewall may drop it, or HTTPS_PROXY is needed.",
    )
    PROXY_AWAY = ("proxy_away", "The proxy of HTTPS_PROXY does not answer: check its address.")
    PROXY_407 = (
        "proxy_407",
        "The proxy wants a name and a password (407): put them into HTTPS_PROXY.",
    )
    PROXY_REFUSED = ("proxy_refused", "The proxy of HTTPS_PROXY does not let this site out.")
    CERTIFICATE = (
        "certificate",
        (
            "The certificate is not trusted. Does a proxy of your network open TLS? Then set SSL_CERT_FILE "
            "to a file (PEM) that has its certificate too."
        ),
    )
    TLS = ("tls", "No TLS connection came about: something else may answer at this address.")
    RESET = ("reset", "The connection broke before the answer was there: try again in a moment.")

    @classmethod
    def of(cls, word: object) -> "Why | None":
        """The one of this word; None for any other."""
        return next((why for why in cls if why.word == word), None)

    @property
    def word(self) -> str:
        return self.value[0]

    @property
    def what_to_check(self) -> str:
        return self.value[1]


# The first that fits: some of these kinds are kinds of others.
KINDS: tuple[tuple[type[BaseException], Why], ...] = (
    (aiohttp.ConnectionTimeoutError, Why.CONNECT_TIMEOUT),
    (aiohttp.ClientConnectorDNSError, Why.DNS),
    (aiohttp.ClientProxyConnectionError, Why.PROXY_AWAY),
    (aiohttp.ClientConnectorCertificateError, Why.CERTIFICATE),
    (aiohttp.ClientConnectorSSLError, Why.TLS),
    (aiohttp.ClientConnectorError, Why.REFUSED),
)


def why_unreachable(error: BaseException) -> Why:
    """Return what a client's error means; whatever came to nothing after the connection is RESET."""
    if isinstance(error, aiohttp.ClientHttpProxyError):
        wants_a_password = error.status == PROXY_WANTS_A_PASSWORD
        return Why.PROXY_407 if wants_a_password else Why.PROXY_REFUSED
    if isinstance(error, aiohttp.ClientConnectorError) and isinstance(error.os_error, TimeoutError):
        return Why.CONNECT_TIMEOUT  # the system gave up first
    return next((why for kind, why in KINDS if isinstance(error, kind)), Why.RESET)


def never_connected(error: BaseException) -> bool:
    """Whether a time limit passed before anything was sent."""
    return why_unreachable(error) is Why.CONNECT_TIMEOUT
