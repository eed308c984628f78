"""Redis in memory, with the commands that both services use; their Lua runs by the same Lua 5.1 as in Redis.

`test_redis_stand_in.py` holds it against a real redis-server. Sources: Redis documentation, each command's
page, and "Lua API reference" for what becomes of values on their way into a script and out of it.
"""

import fnmatch
from collections.abc import Callable
from typing import Any

from lupa import lua51  # type: ignore[import-untyped]
from redis.exceptions import ResponseError

# Status, number, bulk, nothing, or an array of these.
Answer = Any
Subscriber = Callable[[bytes, bytes], None]

WRONG_TYPE = "WRONGTYPE Operation against a key holding the wrong kind of value"
OK = "OK"


class RedisStandIn:
    """One server. `clock` tells its time in Unix milliseconds."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self.clock = clock
        # Each key's value, a string or a sorted set, and when it ends, if it does.
        self.data: dict[bytes, tuple[Any, int | None]] = {}
        self.subscribers: list[tuple[bytes, Subscriber]] = []
        # By their text; an interpreter of one's own holds back no other world's data.
        self._scripts: dict[bytes, Any] = {}

    def run(self, name: str, *arguments: Any) -> Answer:
        """Run a command; raise ResponseError as redis-py does."""
        command = getattr(self, f"_{name.lower()}", None)
        if command is None:
            raise ResponseError(f"unknown command '{name}'")
        return command(*map(as_bytes, arguments))

    def get(self, key: str) -> bytes | None:
        """A string as it lies there, for whoever checks."""
        found = self._found(key.encode())
        return found[0] if found else None

    def keys(self, prefix: str = "") -> list[str]:
        """What is there, in the order in which it was written."""
        return [
            key.decode()
            for key in list(self.data)
            if self._found(key) and key.startswith(prefix.encode())
        ]

    def ends(self, key: str) -> int | None:
        """When a key that is there ends, in Unix milliseconds."""
        found = self._found(key.encode())
        return found[1] if found else None

    def copy(self) -> "RedisStandIn":
        """Another server with the data as they are now: a replica of this one."""
        other = RedisStandIn(self.clock)
        other.data = {
            key: (dict(value) if isinstance(value, dict) else value, end)
            for key, (value, end) in self.data.items()
        }
        return other

    def _found(self, key: bytes) -> tuple[Any, int | None] | None:
        found = self.data.get(key)
        if found and found[1] is not None and found[1] <= self.clock():
            del self.data[key]
            return None
        return found

    def _string(self, key: bytes) -> bytes | None:
        found = self._found(key)
        if found and not isinstance(found[0], bytes):
            raise ResponseError(WRONG_TYPE)
        return found[0] if found else None

    def _sorted_set(self, key: bytes) -> dict[bytes, float]:
        found = self._found(key)
        if found and not isinstance(found[0], dict):
            raise ResponseError(WRONG_TYPE)
        return found[0] if found else {}

    def _put(self, key: bytes, value: Any, end: int | None) -> None:
        self.data[key] = (value, end)
        self._found(key)

    # Strings

    def _get(self, key: bytes) -> Answer:
        return self._string(key)

    def _mget(self, *keys: bytes) -> Answer:
        values = [found[0] if (found := self._found(key)) else None for key in keys]
        return [value if isinstance(value, bytes) else None for value in values]

    def _getrange(self, key: bytes, start: bytes, end: bytes) -> Answer:
        value = self._string(key) or b""
        first, last = (max(0, len(value) + n) if n < 0 else n for n in (int(start), int(end)))
        return value[first : last + 1]

    def _set(self, key: bytes, value: bytes, *options: bytes) -> Answer:
        words = [option.upper() for option in options]
        found = self._found(key)
        old = self._string(key) if b"GET" in words else None
        if (b"NX" in words and found) or (b"XX" in words and not found):
            return old
        end = found[1] if found and b"KEEPTTL" in words else None
        for unit, in_milliseconds in UNITS.items():
            if unit in words:
                end = in_milliseconds(int(options[words.index(unit) + 1]), self.clock())
        self._put(key, value, end)
        return old if b"GET" in words else OK

    # Keys

    def _exists(self, *keys: bytes) -> Answer:
        return sum(self._found(key) is not None for key in keys)

    def _del(self, *keys: bytes) -> Answer:
        there = [key for key in dict.fromkeys(keys) if self._found(key)]
        for key in there:
            del self.data[key]
        return len(there)

    _unlink = _del

    def _pttl(self, key: bytes) -> Answer:
        end = self._pexpiretime(key)
        return end if end < 0 else end - self.clock()

    def _pexpiretime(self, key: bytes) -> int:
        found = self._found(key)
        if found is None:
            return -2
        return -1 if found[1] is None else found[1]

    def _pexpireat(self, key: bytes, at: bytes, *conditions: bytes) -> Answer:
        end = self._pexpiretime(key)
        if end == -2:
            return 0
        for condition in (one.upper() for one in conditions):
            # A key without an end counts as one that never ends.
            if not {
                b"NX": end == -1,
                b"XX": end != -1,
                b"GT": -1 < end < int(at),
                b"LT": end == -1 or int(at) < end,
            }[condition]:
                return 0
        self._put(key, self.data[key][0], int(at))
        return 1

    def _pexpire(self, key: bytes, milliseconds: bytes, *conditions: bytes) -> Answer:
        at = self.clock() + int(milliseconds)
        return self._pexpireat(key, b"%d" % at, *conditions)

    def _expire(self, key: bytes, seconds: bytes, *conditions: bytes) -> Answer:
        return self._pexpire(key, b"%d" % (1000 * int(seconds)), *conditions)

    # Sorted sets

    def _zadd(self, key: bytes, *arguments: bytes) -> Answer:
        words = list(arguments)
        options = set()
        while words[0].upper() in (b"NX", b"XX", b"GT", b"LT"):
            options.add(words.pop(0).upper())
        members = dict(self._sorted_set(key))
        before = len(members)
        for score, member in zip(words[::2], words[1::2], strict=True):
            if not (b"NX" in options and member in members) and not (
                b"XX" in options and member not in members
            ):
                members[member] = float(score)
        if members:
            self._put(key, members, self.data[key][1] if before else None)
        return len(members) - before

    def _zrem(self, key: bytes, *gone: bytes) -> Answer:
        members = dict(self._sorted_set(key))
        removed = [
            member for member in dict.fromkeys(gone) if members.pop(member, None) is not None
        ]
        if removed and not members:
            del self.data[key]
        elif removed:
            self._put(key, members, self.data[key][1])
        return len(removed)

    def _zcard(self, key: bytes) -> Answer:
        return len(self._sorted_set(key))

    def _zscore(self, key: bytes, member: bytes) -> Answer:
        score = self._sorted_set(key).get(member)
        return None if score is None else b"%.17g" % score

    def _zrangebyscore(self, key: bytes, low: bytes, high: bytes, *options: bytes) -> Answer:
        members = self._sorted_set(key)
        inside = [m for m, score in members.items() if float(low) <= score <= float(high)]
        inside.sort(key=lambda member: (members[member], member))
        if options:
            _, offset, count = options
            inside = inside[int(offset) :][: int(count) if int(count) >= 0 else None]
        return inside

    # The rest

    def _time(self) -> Answer:
        now = self.clock()
        return [b"%d" % (now // 1000), b"%d" % (now % 1000 * 1000)]

    def _publish(self, channel: bytes, message: bytes) -> Answer:
        heard = [
            tell
            for pattern, tell in self.subscribers
            if fnmatch.fnmatchcase(channel.decode(), pattern.decode())
        ]
        for tell in heard:
            tell(channel, message)
        return len(heard)

    def _eval(self, source: bytes, count: bytes, *rest: bytes) -> Answer:
        script = self._scripts.get(source)
        if script is None:
            script = self._scripts[source] = COMPILE(source)
        keys, arguments = rest[: int(count)], rest[int(count) :]
        try:
            answer = RUN(
                script,
                self._called,
                self._called_in_protection,
                LUA.table_from(keys),
                LUA.table_from(arguments),
            )
        except lua51.LuaError as error:
            raise ResponseError(f"ERR {error}") from None
        return _from_lua(answer)

    def _called(self, name: bytes, *arguments: Any) -> Any:
        """What `redis.call` does."""
        return _to_lua(self.run(name.decode(), *arguments))

    def _called_in_protection(self, name: bytes, *arguments: Any) -> Any:
        """What `redis.pcall` does: an error is an answer."""
        try:
            return self._called(name, *arguments)
        except ResponseError as error:
            return LUA.table_from({b"err": str(error).encode()})


UNITS: dict[bytes, Callable[[int, int], int]] = {
    b"EX": lambda value, now: now + 1000 * value,
    b"PX": lambda value, now: now + value,
    b"PXAT": lambda value, _: value,
}
LUA: Any = lua51.LuaRuntime(encoding=None, unpack_returned_tuples=True)
COMPILE = LUA.eval(b"function(source) return assert(loadstring(source)) end")
RUN = LUA.eval(
    b"function(script, call, pcall, keys, arguments)"
    b" redis, KEYS, ARGV = {call = call, pcall = pcall}, keys, arguments return script() end"
)


def as_bytes(value: Any) -> bytes:
    """A command's argument as it travels."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, float) and value.is_integer():
        return b"%d" % int(value)
    return str(value).encode()


def _to_lua(answer: Answer) -> Any:
    if answer is None:
        return False
    if isinstance(answer, str):
        return LUA.table_from({b"ok": answer.encode()})
    if isinstance(answer, list):
        return LUA.table_from([_to_lua(one) for one in answer])
    return answer


def _from_lua(answer: Any) -> Answer:
    if answer is None or answer is False:
        return None
    if answer is True:
        return 1
    if isinstance(answer, int | float):
        return int(answer)
    if isinstance(answer, bytes):
        return answer
    if answer[b"ok"] is not None:
        return answer[b"ok"].decode()
    if answer[b"err"] is not None:
        raise ResponseError(answer[b"err"].decode())
    return [_from_lua(answer[n]) for n in range(1, len(answer) + 1)]
