"""What nginx is given and no service reads: checked with the rest, since nginx does not say which it was."""

import re

from common.settings.environment import Environment

RATE = re.compile(r"0*[1-9][0-9]{0,5}r/[sm]")
HIGHEST_BURST = 1_000_000
# nginx counts them in 16 bits.
MOST_CONNECTIONS = 65535


def check_nginx_settings(env: Environment) -> None:
    """Source: https://nginx.org/en/docs/http/ngx_http_limit_req_module.html."""
    if not RATE.fullmatch(env.text("SIGN_IN_RATE", "10r/s")):
        env.refuse("SIGN_IN_RATE must be requests a second or a minute, such as 10r/s or 30r/m")
    env.integer("SIGN_IN_BURST", 50, minimum=1, maximum=HIGHEST_BURST)
    env.integer("CONNECTIONS_PER_ADDRESS", 1000, minimum=1, maximum=MOST_CONNECTIONS)
