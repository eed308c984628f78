"""Which hosts are this machine itself, where plain http is as private as it gets."""

LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "::1")


def is_loopback(host: str | None) -> bool:
    """Whether browsers treat http://host as trustworthy (W3C Secure Contexts, section 3.1)."""
    return host in LOOPBACK_HOSTS or (host or "").endswith(".localhost")
