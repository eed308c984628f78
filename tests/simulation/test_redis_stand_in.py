"""The stand-in answers like a real Redis: the one on this machine, whatever its name and version.

To hold it against another one, put that first in PATH under the name redis-server.
"""

import random
import time
from typing import Any, cast

import pytest
from redis.exceptions import ResponseError

from auth_service.oauth.outbox import ANNOUNCE, CLAIM
from auth_service.sessions import former_list
from auth_service.sessions.lease import RELEASE, RENEW
from auth_service.sessions.person_index import FREE, TAKE
from auth_service.sessions.writer import ASK, CREATE, END, PROLONG, REPLACE
from auth_service.sign_in.ends import KEEP, KEEP_BEHIND
from harness.redis_server import RedisServer
from tests.simulation.redis_stand_in import RedisStandIn

Command = tuple[Any, ...]

ROUNDS, COMMANDS = 240, 100
# Both read the same clock, one after the other.
NEAR_MILLISECONDS = 200
YEAR_2001 = 10**12
TIMES = ("PTTL", "PEXPIRETIME")


def now() -> int:
    return int(time.time() * 1000)


class Random:
    """Commands as the services send them, over few keys, so that they meet."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.ends = [now() + 1000 * self.dice.randrange(50, 900) for _ in range(3)]
        self.letters = 0

    def command(self) -> Command:
        dice = self.dice
        key = dice.choice(["session:a", "session:b", "lease:a"])
        value, other = dice.choice("xyz"), dice.choice("xyz")
        handle, end = dice.choice(["aa", "bb", "cc"]), dice.choice(self.ends)
        head, former = "person:list{n}", "person:{n}"
        entry, place = f"{head}:{handle}", f"{former}:{dice.randint(1, 5)}"
        member, score = dice.choice("pqr"), dice.randrange(9)
        # In the order in which they are announced, also within a millisecond.
        self.letters += 1
        letter = f"{self.letters:03}"
        return cast(
            "Command",
            dice.choice(
                [
                    ("SET", key, value, "PXAT", end),
                    ("SET", key, value, "NX", "GET", "PX", 60_000),
                    ("SET", key, value, "XX", "EX", 60),
                    ("SET", key, value, "KEEPTTL"),
                    ("SET", key, value, "PXAT", 1),
                    ("GET", key),
                    ("MGET", key, entry, head, "revoke:z"),
                    ("GETRANGE", entry, 0, 1),
                    ("GETRANGE", key, -2, -1),
                    ("DEL", key, entry, key),
                    ("EXISTS", key, entry),
                    ("PTTL", key),
                    ("PEXPIRETIME", dice.choice([key, entry, head])),
                    ("PEXPIREAT", entry, end),
                    ("PEXPIREAT", head, end, dice.choice(["GT", "NX", "XX", "LT"])),
                    ("PEXPIRE", key, 60_000),
                    ("EXPIRE", key, 60),
                    ("PUBLISH", "session:ended", handle),
                    ("ZADD", "revoke:z", score, member),
                    ("ZADD", "revoke:z", dice.choice(["NX", "XX"]), score, member),
                    ("ZADD", key, score, member),
                    ("ZREM", "revoke:z", member, other),
                    ("ZCARD", "revoke:z"),
                    ("ZSCORE", "revoke:z", member),
                    ("ZRANGEBYSCORE", "revoke:z", "-inf", score, "LIMIT", 0, 2),
                    ("EVAL", ANNOUNCE, 1, "revoke:z", letter, dice.choice([0, 60_000]), 60_000),
                    ("EVAL", CLAIM, 1, "revoke:z", 60_000, 2),
                    ("EVAL", KEEP, 2, key, "lease:a", value, other, 60),
                    ("EVAL", KEEP_BEHIND, 3, key, "lease:a", entry, value, other, 60),
                    ("GET", "revoke:z"),
                    ("EVAL", TAKE, 2, head, entry, handle, f"{handle} {value}", end),
                    ("EVAL", TAKE, 2, "lease:a", entry, handle, f"{handle} {value}", end),
                    ("EVAL", FREE, 2, head, entry, handle),
                    ("EVAL", FREE, 3, head, entry, f"{head}:bb", handle, "bb"),
                    ("EVAL", FREE, 2, key, entry, handle),
                    ("ZRANGEBYSCORE", dice.choice([head, key]), "-inf", "+inf"),
                    ("EVAL", "return redis.pcall('ZCARD', KEYS[1])", 1, key),
                    ("EVAL", "return redis.pcall('ZCARD', KEYS[1]).err ~= nil", 1, key),
                    ("ZADD", head, score, handle),
                    ("PEXPIREAT", entry, 1),
                    ("SET", former, dice.randrange(7)),
                    ("SET", place, f"{handle} {value}", "PXAT", end),
                    ("EVAL", former_list.FREE, 2, former, place, handle),
                    ("EVAL", REPLACE, 2, key, "lease:a", value, other, dice.choice("xyz")),
                    ("EVAL", ASK, 2, key, "lease:a", value, other, 60_000),
                    ("EVAL", CREATE, 2, key, "lease:a", value, end, end, 60_000),
                    ("EVAL", CREATE, 2, key, "lease:a", value, end, 1, 60_000),
                    ("EVAL", PROLONG, 3, key, entry, head, value, end),
                    ("EVAL", END, 2, key, "revoke:a", value, dice.choice(["", value]), 60_000),
                    ("EVAL", RENEW, 1, key, value, 60_000),
                    ("EVAL", RELEASE, 1, key, value),
                    ("EVAL", "return redis.call('GET', KEYS[1])", 1, "revoke:z"),
                    ("EVAL", "return {1, 'two', redis.call('GET', KEYS[1])}", 1, key),
                    ("EVAL", "return redis.call('SET', KEYS[1], ARGV[1])", 1, key, value),
                ]
            ),
        )


def real_answer(server: RedisServer, command: Command) -> Any:
    """As it came over the wire: redis-py's own reading of some answers is left out."""
    connection: Any = server.client.connection_pool.get_connection()
    try:
        connection.send_command(*command)
        return _plain(connection.read_response())
    except ResponseError as error:
        return _kind(error)
    finally:
        server.client.connection_pool.release(connection)


def played_answer(server: RedisStandIn, command: Command) -> Any:
    try:
        return _plain(server.run(*command))
    except ResponseError as error:
        return _kind(error)


def _plain(answer: Any) -> Any:
    """Whether in Redis' protocol 2 or 3: a status is a word, a number a number."""
    if isinstance(answer, list):
        return [_plain(one) for one in answer]
    return answer.encode() if isinstance(answer, str) else answer


def _kind(error: ResponseError) -> str:
    """Whoever meets an error decides by its first word; the rest is for people."""
    return "WRONGTYPE" if "WRONGTYPE" in str(error) else "another error"


def alike(command: Command, real: Any, played: Any) -> bool:
    if isinstance(real, float) or command[0] == "ZSCORE":
        return (real is None) == (played is None) and (
            real is None or _near(float(real), float(played))
        )
    of_list = command[0] == "ZRANGEBYSCORE" and str(command[1]).startswith("person:")
    if of_list and isinstance(real, list) and isinstance(played, list):
        # In the order of when each was looked at, which may be one millisecond here and two there.
        return sorted(real) == sorted(played)
    if command[1] in (ANNOUNCE, CLAIM):
        return _near_lines(real, played)
    if isinstance(real, int) and isinstance(played, int):
        return abs(real - played) < NEAR_MILLISECONDS if command[0] in TIMES else real == played
    return bool(real == played)


def _near(real: float, played: float) -> bool:
    """Numbers that are the same, or times that nearly are."""
    both_times = min(real, played) > YEAR_2001
    return real == played or (both_times and abs(real - played) < NEAR_MILLISECONDS)


def _near_lines(real: Any, played: Any) -> bool:
    """Lines of the outbox, with a time in front of each."""
    if isinstance(real, list) and isinstance(played, list):
        return len(real) == len(played) and all(map(_near_lines, real, played))
    (at, *name), (played_at, *played_name) = real.split(), played.split()
    if at.isdigit() and played_at.isdigit():
        return name == played_name and _near(int(at), int(played_at))
    return bool(real == played)


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_the_stand_in_answers_like_redis(redis_server: RedisServer, seed: int) -> None:
    played, chance = RedisStandIn(now), Random(seed)
    for number in range(COMMANDS):
        command = chance.command()
        real, own = real_answer(redis_server, command), played_answer(played, command)
        assert alike(command, real, own), f"{number}: {command}: Redis {real!r}, here {own!r}"
