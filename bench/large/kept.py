"""What one size keeps on disk, so that a run that was broken off goes on where it was.

In .run/bench/large/SESSIONS: Redis' data, the session keys, the cookies of some of the people, and what was
measured so far. All of it is invented, and nobody's outside of this folder.
"""

import json
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.peers.kinds import GENERATED
from common.sessions.ticket import Ticket
from harness.redis_group import RedisNode
from harness.redis_users import PASSWORD
from local_stack.layout import REPOSITORY

ROOT = GENERATED / "large"
# Both services of a stack get the same settings, so this user may do what both of them do.
USER = "both"
# Else Redis writes its file anew each time it has doubled, in the middle of whatever is measured.
BY_HAND = ("--auto-aof-rewrite-percentage", "0")
# So long Redis may take to read its file, in seconds.
PATIENCE = 600.0


class Kept:
    """One size: its folder, and what is in it."""

    def __init__(self, sessions: int, root: Path = ROOT) -> None:
        self.sessions = sessions
        self.folder = root / str(sessions)
        self.redis = self.folder / "redis"
        self.redis.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.keys_file = self.folder / "keys"
        if not self.keys_file.exists():
            self.keep_keys([secrets.token_urlsafe(32)])

    def forget(self) -> None:
        shutil.rmtree(self.folder)

    @property
    def keys(self) -> tuple[str, ...]:
        """SESSION_KEYS, newest first."""
        return tuple(self.keys_file.read_text(encoding="ascii").split())

    def keep_keys(self, keys: Sequence[str]) -> None:
        self.keys_file.write_text(" ".join(keys), encoding="ascii")

    @property
    def results(self) -> dict[str, dict[str, float]]:
        """Figures by step; their names end in their units."""
        return dict(self._read("results.json", {}))

    def keep_results(self, step: str, found: dict[str, float]) -> None:
        self._write("results.json", {**self.results, step: found})

    @property
    def parts(self) -> dict[int, list[str]]:
        """The cookies that each part of the filling left to be looked at, by the part's number."""
        return {int(number): cookies for number, cookies in self._read("parts.json", {}).items()}

    def keep_part(self, number: int, cookies: Sequence[str]) -> None:
        self._write("parts.json", {**self.parts, number: cookies})

    @property
    def tickets(self) -> list[Ticket]:
        """Of people from all over the keys."""
        cookies = [each for _, part in sorted(self.parts.items()) for each in part]
        return [ticket for ticket in map(Ticket.parse, cookies) if ticket]

    @contextmanager
    def running_redis(self) -> Iterator[RedisNode]:
        """Redis with production's settings on this size's data."""
        config = (REPOSITORY / "redis" / "redis.conf").read_text(encoding="utf-8")
        node = RedisNode(*BY_HAND, config=config, folder=self.redis, patience=PATIENCE).keep_users()
        node.start()
        try:
            node.wait()
            node.allow(USER, PASSWORD)
            yield node
        finally:
            # Not by remove, which kills: what was written goes to disk.
            node.stop()

    def _read(self, name: str, otherwise: Any) -> Any:
        file = self.folder / name
        return json.loads(file.read_text("utf-8")) if file.exists() else otherwise

    def _write(self, name: str, what: Any) -> None:
        new = self.folder / f"{name}.new"
        new.write_text(json.dumps(what, indent=1), encoding="utf-8")
        new.replace(self.folder / name)
