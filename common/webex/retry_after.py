"""How long to wait before a request is made again, as an answer says it (RFC 9110 section 10.2.3)."""

import math
import re
import time
from datetime import UTC
from email.utils import parsedate_to_datetime

DEFAULT_SECONDS = 5
CAP_SECONDS = 300


def parse_retry_after(value: str | None) -> int:
    """Seconds from a Retry-After header, which has been seen broken in the wild.

    Seconds or a date, from 1 to 300 whatever it says.
    """
    text = (value or "").strip()
    seconds = int(text) if re.fullmatch(r"[0-9]{1,9}", text) else _seconds_until(text)
    return max(1, min(seconds, CAP_SECONDS))


def _seconds_until(date: str) -> int:
    """Until an HTTP date; the usual wait for what is none."""
    try:
        then = parsedate_to_datetime(date)
        # An HTTP date is in GMT, whether it says so or not.
        return math.ceil(
            (then if then.tzinfo else then.replace(tzinfo=UTC)).timestamp() - time.time()
        )
    except (ValueError, OverflowError, OSError):
        return DEFAULT_SECONDS
