"""What is different below /embed/, in the headers of every answer."""

from collections.abc import Mapping


def embedded_headers(
    headers: Mapping[str, str], *, ancestors: tuple[str, ...]
) -> Mapping[str, str]:
    """The same for what a frame in a page of `ancestors` shows, and for the window that it opens.

    That window has to keep its opener (HTML, "cross-origin opener policies").
    """
    policy, nobody = headers["Content-Security-Policy"], "'none'"
    allowed = f"frame-ancestors {' '.join(ancestors) or nobody}"
    policy = policy.replace(f"frame-ancestors {nobody}", allowed)
    return {
        **headers,
        "Content-Security-Policy": policy,
        "Cross-Origin-Opener-Policy": "unsafe-none",
    }
