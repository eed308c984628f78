"""The Redis users that production has, on a server of the tests."""

import re
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import redis

USERS = Path(__file__).parents[1] / "redis" / "users.acl.template"
# Odd characters on purpose: a password is not quoted anywhere.
PASSWORD = "insecure p@ss:w/rd#%20?&"


def add_users(client: redis.Redis, *, more: Sequence[str] = ()) -> None:
    """Add the services' users as the template has them, with `more` rules of a deployment's own."""
    password = sha256(PASSWORD.encode()).hexdigest()
    for line in USERS.read_text(encoding="utf-8").splitlines():
        word, name, *rules = line.split(" ")
        if word == "user" and name in ("auth_service", "app_service"):
            plain = re.sub(r"\$\{\w+_SHA256\}", password, " ".join(rules))
            command: Any = client.execute_command
            command("ACL", "SETUSER", name, "reset", *_rules(plain), *more)


def _rules(text: str) -> list[str]:
    """Split at spaces, but keep a (selector) in one piece."""
    return re.findall(r"\([^)]*\)|\S+", text)
