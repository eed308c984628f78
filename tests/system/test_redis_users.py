"""Each service's Redis user may do what its service needs, and nothing beside it."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from redis.exceptions import AuthenticationError, NoPermissionError

import redis
from app_service.redis_needs import NEEDS as APP_NEEDS
from auth_service.redis_needs import NEEDS as AUTH_NEEDS
from harness.redis_users import USERS
from harness.stack import Stack

ALLOWED = {
    "auth_service": [
        "SET session:a x EX 60",
        "GET session:a",
        "MGET session:a cache:person:a",
        "TIME",
        "PEXPIREAT session:a 9000000000000",
        "PEXPIRETIME session:a",
        "SET signin:a x NX EX 60",
        "SET lease:a x NX PX 60000",
        "PEXPIRE lease:a 60000",
        "SET revoke:a x PX 60000",
        "ZADD revoke:due 1 a",
        "ZREM revoke:due a",
        "SET pause:a x EX 60",
        "SET successor:a x EX 60",
        "SET person:a x NX GET PXAT 9000000000000",
        "MGET person:a",
        "PEXPIREAT person:a 9000000000000 GT",
        "EVAL return(1) 1 person:a",
        "DEL person:a",
        "ZADD person:a 0 x",
        "ZREM person:a x",
        "ZCARD person:a",
        "ZRANGEBYSCORE person:a 0 1",
        "EXISTS session:a",
        "SET cache:person:a x EX 60",
        "DEL session:a cache:person:a",
        "EVAL return(1) 1 session:a",
        "PUBLISH session:ended a",
        "PUBLISH lease-over:a x",
    ],
    "app_service": [
        "GET session:a",
        "MGET session:a cache:person:a",
        "TIME",
        "PEXPIREAT session:a 9000000000000",
        "PEXPIREAT person:a 9000000000000 GT",
        "TTL session:a",
        "SET cache:person:a x EX 60",
        "GET cache:person:a",
        "SET cache:lock x NX PX 60000",
        "DEL cache:person:a",
        "PUBLISH space:a x",
    ],
    "health": ["PING"],
}
FORBIDDEN = {
    "auth_service": [
        *("FLUSHALL", "FLUSHDB", "KEYS *", "CONFIG GET *", "ACL LIST", "SHUTDOWN"),
        *("CLIENT LIST", "MONITOR", "SAVE", "REPLICAOF 127.0.0.1 1", "MODULE LIST"),
        *("CLIENT TRACKING ON BCAST", "CLIENT KILL TYPE normal", "CLIENT PAUSE 1000", "INFO"),
        *("FUNCTION LIST", "SCRIPT FLUSH", "SORT session:a", "SPUBLISH session:a x"),
        *("SET other:a x", "GET other:a", "PUBLISH other:a x", "MIGRATE 127.0.0.1 1 session:a 0 1"),
    ],
    "app_service": [
        *("SET session:a x", "DEL session:a", "UNLINK session:a", "GETSET session:a x"),
        *("GETDEL session:a", "APPEND session:a x", "RENAME session:a cache:a"),
        *("RENAME cache:a session:a", "COPY cache:a session:b", "PERSIST session:a"),
        *("EXPIRE session:a 60", "PEXPIRE session:a 60000", "EXPIREAT session:a 9000000000"),
        *("RESTORE session:b 0 x", "GET person:a", "MGET person:a", "GETRANGE person:a 0 -1"),
        *(
            "ZRANGEBYSCORE person:a 0 1",
            "ZRANGE person:a 0 -1",
            "ZCARD person:a",
            "ZSCORE person:a x",
        ),
        *(
            "ZADD person:a 0 x",
            "ZREM person:a x",
            "EVAL return(1) 1 person:a",
            "EVALSHA x 1 person:a",
        ),
        *("EVAL_RO return(1) 1 person:a", "FCALL x 1 person:a", "OBJECT FREQ person:a"),
        *("TYPE person:a", "EXISTS person:a", "PTTL person:a", "PEXPIRETIME person:a"),
        *("SET person:a x", "APPEND person:a x", "GETEX person:a", "GETDEL person:a"),
        *("DEL person:a", "UNLINK person:a", "PERSIST person:a", "EXPIRE person:a 60"),
        *("PEXPIRE person:a 60000", "RENAME person:a cache:a", "COPY person:a cache:a"),
        *(
            "GET lease:a",
            "GET signin:a",
            "GET pause:a",
            "GET successor:a",
            "GET revoke:a",
            "MGET revoke:a",
            "SET revoke:a x",
            "DEL revoke:a",
            "PEXPIREAT revoke:a 9000000000000",
            "ZADD revoke:due 1 a",
            "ZRANGEBYSCORE revoke:due 0 1",
            "SET lease:a x",
            "KEYS *",
            "SCAN 0",
        ),
        *("RANDOMKEY", "DUMP session:a", "EVAL return(1) 0", "PUBLISH session:ended a", "FLUSHALL"),
        *("CONFIG GET *", "ACL LIST", "MONITOR", "CLIENT LIST", "SORT cache:a STORE session:a"),
        # It would be told of everybody's keys as they change.
        *("CLIENT TRACKING ON BCAST", "CLIENT TRACKING ON", "CLIENT NO-EVICT ON", "INFO"),
    ],
    "health": ["GET session:a", "SET cache:a x", "CONFIG GET *", "KEYS *"],
}


@pytest.fixture(scope="module")
def redis_alone() -> Iterator[Stack]:
    with Stack(only=["redis"]) as running:
        with redis.Redis.from_url(running.redis) as admin:
            admin.set("session:a", "x")
        yield running


def run(stack: Stack, user: str, command: str) -> Any:
    password = "any" if user == "health" else None
    url = stack.redis_as(user) if password is None else stack.redis_address
    with redis.Redis.from_url(url, username=user, password=password) as client:
        return client.execute_command(*command.split(" "))


@pytest.mark.parametrize(
    ("user", "command"), [(user, each) for user, all_ in ALLOWED.items() for each in all_]
)
def test_a_service_may_do_what_it_needs(redis_alone: Stack, user: str, command: str) -> None:
    run(redis_alone, user, command)


@pytest.mark.parametrize(
    ("user", "command"), [(user, each) for user, all_ in FORBIDDEN.items() for each in all_]
)
def test_a_service_may_do_nothing_else(redis_alone: Stack, user: str, command: str) -> None:
    with pytest.raises(NoPermissionError):
        run(redis_alone, user, command)


def test_nobody_comes_in_without_a_name(redis_alone: Stack) -> None:
    with (
        redis.Redis.from_url(redis_alone.redis_address) as client,
        pytest.raises(AuthenticationError),
    ):
        client.ping()


def test_listening_is_allowed_for_a_users_own_channels_only(redis_alone: Stack) -> None:
    with redis.Redis.from_url(redis_alone.redis_as("app_service")) as client:
        listener = client.pubsub()
        listener.subscribe("session:ended", "space:a")
        for _ in range(2):
            assert listener.get_message(timeout=5)
        listener.subscribe("lease-over:a")
        with pytest.raises(NoPermissionError):
            listener.get_message(timeout=5)
        listener.close()


def test_the_app_service_runs_no_script_and_does_nothing_with_a_persons_list_but_move_an_end() -> (
    None
):
    """An entry's name is its session's: to move its end nothing has to be read or compared."""
    [line] = [
        each for each in USERS.read_text().splitlines() if each.startswith("user app_service")
    ]
    assert not re.search(r"\+(eval|fcall|script|function)", line)
    of_lists = [part for part in re.split(r"[()]", line) if "~person:" in part]
    assert [re.findall(r"[+-]\S+", part) for part in of_lists] == [["-@all", "+pexpireat"]]


def test_a_users_permissions_do_not_grow_with_the_server() -> None:
    """A category has more commands in each release of Redis; what is named is what there is."""
    users = USERS.read_text(encoding="utf-8").splitlines()
    services = [
        line for line in users if line.startswith(("user auth_service", "user app_service"))
    ]
    assert len(services) == 2
    assert [line for line in services if "+@" in line or "allcommands" in line] == []


SERVICES = {"auth_service": AUTH_NEEDS, "app_service": APP_NEEDS}


@pytest.mark.parametrize("user", SERVICES)
def test_whatever_a_service_needs_is_named_for_its_user(user: str) -> None:
    [line] = [each for each in USERS.read_text().splitlines() if each.startswith(f"user {user}")]
    named = set(re.findall(r"\+([a-z|]+)", line))
    assert {command.split()[0].lower() for command in SERVICES[user].commands} <= named
