"""The middle of an update of SESSION_KEYS: one replica knows the new key, another one does not yet."""

from dataclasses import dataclass
from typing import Self

from harness.site import SESSION_KEY, Site
from tests.conftest import MakeSite

NEXT_KEY = "insecure-next-key-of-the-tests-0123456789"


@dataclass(frozen=True)
class Rollout:
    not_yet: Site
    updated: Site

    @classmethod
    async def begin(cls, make_site: MakeSite) -> Self:
        not_yet = await make_site()
        sandbox = {"SANDBOX_URL": not_yet.environment["SANDBOX_URL"]}
        return cls(not_yet, await make_site(SESSION_KEYS=f"{NEXT_KEY} {SESSION_KEY}", **sandbox))
