"""Cisco's own Space widget: where it is, what it is, and what a page must allow to run it; pure.

Source: the npm package @webex/widget-space and the manifest beside its files at code.s4d.io.
"""

VERSION = "0.45.0"
ORIGIN = "https://code.s4d.io"
FOLDER = f"{ORIGIN}/widget-space/archives/{VERSION}"
SCRIPT = f"{FOLDER}/bundle.js"
STYLE = f"{FOLDER}/main.css"
# Another version has other hashes: the browser runs these files or none (W3C Subresource Integrity).
SCRIPT_INTEGRITY = "sha384-4BXGC2I4uoWTEuRustM6sJXeLGHRmaZnbjd79mzQ7n7tRePTGUGto3hSnTQkaTEa"
STYLE_INTEGRITY = "sha384-cwGtOp4N+TnfF4Lhe8cbBEmwDheUcyDU1mDGRmW2qev2aXbh0UOX0Z+TddWETKxb"

# A script without a hash is not run, ours included (W3C Subresource Integrity, Integrity-Policy):
# Chrome 138 and newer; other browsers pass over the header.
INTEGRITY_POLICY = "blocked-destinations=(script)"

# Whom the widget talks to, from the browser and with the person's token.
_HTTPS = (
    "https://*.webex.com",
    "https://*.wbx2.com",
    "https://*.ciscospark.com",
    "https://*.webexcontent.com",
)
_WSS = ("wss://*.webex.com", "wss://*.wbx2.com", "wss://*.ciscospark.com")


def content_security_policy() -> str:
    """The policy of the widget's page, and of no other page.

    The widget makes style elements as it runs and shows pictures that it has decrypted itself
    (blob:), hence what no page of our own needs.
    """
    hosts = " ".join(_HTTPS)
    directives = {
        "default-src": "'none'",
        "script-src": f"'self' {SCRIPT}",
        "style-src": f"'self' {FOLDER}/ 'unsafe-inline'",
        "font-src": f"{FOLDER}/ data:",
        "img-src": f"'self' {FOLDER}/ data: blob: {hosts}",
        "media-src": f"{FOLDER}/ blob: {hosts}",
        "worker-src": "blob:",
        "connect-src": f"'self' {hosts} {' '.join(_WSS)}",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in directives.items())
