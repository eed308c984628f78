"""A real redis-server of the tests' own, on a unix socket, with the users that production has."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

import redis

ROOT = Path(__file__).parents[1]
USERS = ROOT / "redis" / "users.acl.template"
# Odd characters on purpose: a password is not quoted anywhere.
PASSWORD = "insecure p@ss:w/rd#%20?&"
READY = "eady to accept connections"
NICE = -10
# What a client says when it connects; it is not part of answering a request.
GREETINGS = ("hello", "auth", "client|", "select", "ping", "info", "config|", "subscribe")


class RedisServer:
    """Starts, stops and freezes one redis-server.

    With `durable` its data survives whatever happens to it: every write is on disk before its answer.
    """

    def __init__(self, *, durable: bool = False) -> None:
        self._durable = durable
        # Not pytest's tmp_path: a socket's path must stay under 108 bytes.
        self._folder = Path(tempfile.mkdtemp(prefix="redis-"))
        self._socket = self._folder / "redis.sock"
        self._process: subprocess.Popen[str] | None = None
        # With a time limit, so that a Redis left frozen fails a test instead of holding it.
        self.client = redis.Redis(unix_socket_path=str(self._socket), socket_timeout=30)

    @property
    def url(self) -> str:
        return f"unix://{self._socket}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it, before others in the queue for a processor where that may be asked for.

        It stands for a Redis on a machine of its own, whose answers the services wait for less than a second.
        """
        command = ["redis-server", "--port", "0", "--unixsocket", str(self._socket)]
        command += ["--dir", str(self._folder), "--save", ""]
        if self._durable:
            command += ["--appendonly", "yes", "--appendfsync", "always"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        with contextlib.suppress(PermissionError):
            os.setpriority(os.PRIO_PROCESS, self._process.pid, NICE)
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if READY in line:
                break
        else:
            raise AssertionError("redis-server does not start")
        self._add_users()

    def stop(self) -> None:
        """Stop as an operator would, with everything written to disk."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """Let connections stay open and nothing answer."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def remove(self) -> None:
        if self._process is not None:
            self.thaw()
            self.kill()
        self.client.close()
        shutil.rmtree(self._folder)

    def reset(self) -> None:
        """Forget all data and all counts; connections stay."""
        self.client.flushall()
        self.client.config_resetstat()

    def keys(self, pattern: str = "*") -> list[str]:
        return sorted(key.decode() for key in cast("list[bytes]", self.client.keys(pattern)))

    def dump(self) -> dict[str, bytes]:
        """Every key with everything in it; not by DUMP, which may compress what a test looks for."""
        return {key: self._content(key) for key in self.keys()}

    def forget_commands(self) -> None:
        self.client.config_resetstat()

    def commands(self) -> Counter[str]:
        """Commands since forget_commands, without greetings and the tests' own questions."""
        stats = cast("dict[str, dict[str, Any]]", self.client.info("commandstats"))
        counts = {name.removeprefix("cmdstat_"): stat["calls"] for name, stat in stats.items()}
        return Counter({n: c for n, c in counts.items() if not n.startswith(GREETINGS)})

    def _content(self, key: str) -> bytes:
        client: Any = self.client
        match client.type(key):
            case b"string":
                return bytes(client.get(key))
            case b"hash":
                return b" ".join(part for pair in client.hgetall(key).items() for part in pair)
            case b"set":
                return b" ".join(client.smembers(key))
            case b"zset":
                return b" ".join(client.zrange(key, 0, -1))
            case other:
                raise AssertionError(f"{key} is of type {other!r}, which no test reads yet")

    def _end(self, how: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(how)
        self._process.communicate()
        self._process = None
        self.client.connection_pool.disconnect()

    def _add_users(self) -> None:
        password = sha256(PASSWORD.encode()).hexdigest()
        for line in USERS.read_text(encoding="utf-8").splitlines():
            word, name, *rules = line.split(" ")
            if word == "user" and name in ("auth_service", "app_service"):
                plain = re.sub(r"\$\{\w+_SHA256\}", password, " ".join(rules))
                command: Any = self.client.execute_command
                command("ACL", "SETUSER", name, "reset", *_rules(plain))


def _rules(text: str) -> list[str]:
    """Split at spaces, but keep a (selector) in one piece."""
    return re.findall(r"\([^)]*\)|\S+", text)
