"""Certificates of authorities that somebody gave us to trust."""

import ssl


def are_certificates(pem: str) -> bool:
    """Whether OpenSSL finds some in it. Otherwise every connection fails, as if nobody answered."""
    try:
        ssl.create_default_context(cadata=pem)
    except (ssl.SSLError, TypeError):  # the second for what is not ASCII
        return False
    return True
