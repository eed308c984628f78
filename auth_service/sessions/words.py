"""Browsers and times in words, for the list of sessions.

A browser is named in a few words, such as "Firefox on Linux", from its User-Agent header. Nothing of the
header is shown as it came, except a product's name in letters and digits. The names that browsers give
themselves contain one another, so the order of the lists matters.

Times are relative, because the server does not know the person's time zone.
"""

import re
import time
from functools import lru_cache

BROWSERS = (
    (re.compile(r"\bEdgi?[AO]?S?/"), "Edge"),
    (re.compile(r"\b(OPR|OPiOS|Opera)/"), "Opera"),
    (re.compile(r"\bSamsungBrowser/"), "Samsung Internet"),
    (re.compile(r"\bVivaldi/"), "Vivaldi"),
    (re.compile(r"\b(Firefox|FxiOS)/"), "Firefox"),
    (re.compile(r"\b(Headless)?(Chrome|Chromium|CriOS)/"), "Chrome"),
    (re.compile(r"\bVersion/.*\bSafari/"), "Safari"),
)
SYSTEMS = (
    (re.compile(r"\biPhone\b"), "an iPhone"),
    (re.compile(r"\biPad\b"), "an iPad"),
    (re.compile(r"\bAndroid\b"), "Android"),
    (re.compile(r"\bWindows\b"), "Windows"),
    (re.compile(r"\bCrOS\b"), "ChromeOS"),
    (re.compile(r"\b(Macintosh|Mac OS X)\b"), "macOS"),
    (re.compile(r"\bLinux\b"), "Linux"),
)
PRODUCT = re.compile(r"[A-Za-z][A-Za-z0-9]{0,30}(?=[/ ]|$)")
LONGEST = 512
UNITS = (("day", 86400), ("hour", 3600), ("minute", 60))


def browser_name(user_agent: str) -> str:
    """Name browser and system as far as the header tells them."""
    return _browser_name(user_agent[:LONGEST])


# Most people have one of few browsers, and looking through the lists takes as long as sealing four cookies.
@lru_cache(maxsize=256)
def _browser_name(text: str) -> str:
    browser = _first(BROWSERS, text) or _product(text)
    system = _first(SYSTEMS, text)
    return f"{browser} on {system}" if system else browser


def ago(moment: int) -> str:
    """Say how long ago a moment (Unix seconds) was, rounded down."""
    told = span(int(time.time()) - moment)
    return f"{told} ago" if told else "just now"


def span(seconds: int) -> str:
    """Say a duration in its largest unit; nothing for less than a minute."""
    for name, length in UNITS:
        count = seconds // length
        if count > 0:
            return f"{count} {name}" if count == 1 else f"{count} {name}s"
    return ""


def _first(names: tuple[tuple[re.Pattern[str], str], ...], text: str) -> str | None:
    return next((name for pattern, name in names if pattern.search(text)), None)


def _product(text: str) -> str:
    """A program that is no browser begins with its own name (RFC 9110 section 10.1.5)."""
    match = PRODUCT.match(text)
    return match[0] if match and match[0] != "Mozilla" else "A browser"
