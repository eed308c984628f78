"""Redis servers on TCP ports of loopback, alone, watched by Sentinels, or as a cluster."""

import contextlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

import redis
from harness.redis_users import add_users

SERVICE = "insecure-master"
SENTINEL_PASSWORD = "insecure sentinel p@ss"
DOWN_AFTER_MS = 500
START_SECONDS = 30
CLUSTER_SLOTS = 16384
HOST = "127.0.0.1"
# A replica copies at once, without waiting for more of its kind.
QUICK = ("--repl-diskless-sync-delay", "0")


class RedisNode:
    """One process, which a test may stop, kill and freeze; its data survives a restart.

    In a `folder` that is given it survives the node too. `patience` is how long, in seconds, it may read.
    """

    def __init__(
        self,
        *options: str,
        config: str = "",
        tls: bool = False,
        folder: Path | None = None,
        patience: float = START_SECONDS,
    ) -> None:
        self._kept = folder is not None
        self.folder = folder or Path(tempfile.mkdtemp(prefix="redis-"))
        self._patience = patience
        self.port = free_port()
        self._config = self.folder / "redis.conf"
        self._config.write_text(config)
        listen = (
            ["--tls-port", str(self.port), "--port", "0"] if tls else ["--port", str(self.port)]
        )
        self._command = ["redis-server", str(self._config), *listen, "--bind", HOST]
        self._command += ["--dir", str(self.folder), *options]
        self._process: subprocess.Popen[bytes] | None = None

    def keep_users(self) -> Self:
        """Let users outlive a restart, as in production, where they come from a file."""
        users = self.folder / "users.acl"
        users.touch()
        self._command += ["--aclfile", str(users)]
        return self

    def add_users(self, *more: str) -> None:
        """Add production's users, with `more` rules each."""
        with self.client() as client:
            add_users(client, more=more)
            client.acl_save()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def allow(self, user: str, password: str) -> None:
        """Add a user who may do everything."""
        with self.client() as client:
            command: Any = client.execute_command
            command("ACL", "SETUSER", user, "on", f">{password}", "~*", "&*", "+@all")
            client.acl_save()

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)

    def client(self, **options: Any) -> redis.Redis:
        """A client that sees one attempt of each command, as the administrator."""
        return redis.Redis(host=HOST, port=self.port, socket_timeout=5, **options)

    def wait(self, **options: Any) -> None:
        """Wait until it answers; AssertionError with its log if it never does."""
        give_up_at = time.monotonic() + self._patience
        while True:
            with contextlib.suppress(RedisError), self.client(**options) as client:
                client.ping()
                return
            assert time.monotonic() < give_up_at, (self.folder / "log").read_text()
            time.sleep(0.02)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def remove(self) -> None:
        if self._process is not None:
            self.thaw()
            self.kill()
        if not self._kept:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait()
            self._process = None

    def _signal(self, what: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(what)


class Group:
    """Nodes that begin and end together."""

    nodes: Sequence[RedisNode]

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.remove()

    def start(self) -> None:
        for node in self.nodes:
            node.start()

    def remove(self) -> None:
        for node in self.nodes:
            node.remove()


class Single(Group):
    """One server with production's users."""

    def __init__(self, *options: str) -> None:
        self.node = RedisNode(*options).keep_users()
        self.nodes = [self.node]

    def start(self) -> None:
        super().start()
        self.node.wait()
        self.node.add_users()

    @property
    def url(self) -> str:
        return f"redis://{HOST}:{self.node.port}"


class Watched(Group):
    """A master, a replica, and three Sentinels with a password of their own.

    The first server may have its data in a `folder`; `patience` is how long, in seconds, each step may take.
    """

    def __init__(
        self, *options: str, folder: Path | None = None, patience: float = START_SECONDS
    ) -> None:
        self._patience = patience
        self.servers = [
            RedisNode(
                *(*QUICK, "--replica-announce-ip", HOST, *options), folder=each, patience=patience
            ).keep_users()
            for each in (folder, None)
        ]
        self.sentinels = [RedisNode("--sentinel", config=self._config()) for _ in range(3)]
        self.nodes = [*self.servers, *self.sentinels]

    @property
    def url(self) -> str:
        hosts = ",".join(f"{HOST}:{sentinel.port}" for sentinel in self.sentinels)
        return f"redis+sentinel://{hosts}/{SERVICE}"

    def start(self) -> None:
        for server in self.servers:
            server.start()
            server.wait()
            server.add_users()
        with self.servers[1].client() as client:
            client.replicaof(HOST, str(self.servers[0].port))
        _until(lambda: _is_in_step(self.servers[1]), self._patience)
        for sentinel in self.sentinels:
            sentinel.start()
        for sentinel in self.sentinels:
            sentinel.wait(password=SENTINEL_PASSWORD)
        _until(self._know_each_other)

    def master(self) -> RedisNode:
        """The server that most Sentinels call the master."""
        said = [self._master_port(sentinel) for sentinel in self.sentinels]
        port = max(set(said), key=said.count)
        return next(server for server in self.servers if server.port == port)

    def allow(self, user: str, password: str) -> None:
        """Add a user who may do everything."""
        for server in self.servers:
            server.allow(user, password)

    def wait_for_replica(self) -> None:
        """Wait until the former master is a replica that every Sentinel would make master again."""
        _until(
            lambda: all(s is self.master() or _is_in_step(s) for s in self.servers), self._patience
        )
        _until(
            lambda: all(self._trusts_replica(sentinel) for sentinel in self.sentinels),
            self._patience,
        )

    def switch(self) -> None:
        """Ask the Sentinels for a failover, as an operator would."""
        with self.sentinels[0].client(password=SENTINEL_PASSWORD) as client:
            client.execute_command("SENTINEL", "FAILOVER", SERVICE)

    def wait_until_left(self, first: RedisNode) -> None:
        """Wait until the Sentinels have another master, and no service keeps a connection to the first."""
        _until(lambda: self.master() is not first)
        with first.client() as client:
            _until(lambda: not _services(client))

    def _master_port(self, sentinel: RedisNode) -> int:
        with contextlib.suppress(RedisError), sentinel.client(password=SENTINEL_PASSWORD) as client:
            address = cast("Any", client.sentinel_get_master_addr_by_name(SERVICE))
            return int(address[1])
        return 0

    def _trusts_replica(self, sentinel: RedisNode) -> bool:
        with sentinel.client(password=SENTINEL_PASSWORD) as client:
            (replica,) = cast("Any", client.sentinel_slaves(SERVICE))
            return bool(replica["flags"] == "slave" and replica["master-link-status"] == "ok")

    def _know_each_other(self) -> bool:
        for sentinel in self.sentinels:
            with sentinel.client(password=SENTINEL_PASSWORD) as client:
                state = cast("Any", client.sentinel_master(SERVICE))
                if state["num-other-sentinels"] < 2 or state["num-slaves"] < 1:
                    return False
        return True

    def _config(self) -> str:
        return "\n".join(
            (
                f"sentinel monitor {SERVICE} {HOST} {self.servers[0].port} 2",
                f"sentinel down-after-milliseconds {SERVICE} {DOWN_AFTER_MS}",
                f"sentinel failover-timeout {SERVICE} 3000",
                f'requirepass "{SENTINEL_PASSWORD}"',
                f'sentinel sentinel-pass "{SENTINEL_PASSWORD}"',
                "",
            )
        )


class Cluster(Group):
    """Three masters, each with a third of the slots and a replica."""

    # What a cluster's client asks, and no other.
    MORE_RULES = ("+cluster|slots",)

    def __init__(self) -> None:
        options = (*QUICK, "--cluster-enabled", "yes", "--cluster-node-timeout", "1000")
        self.masters = [
            RedisNode(*options, "--cluster-announce-ip", HOST).keep_users() for _ in range(3)
        ]
        self.replicas = [
            RedisNode(*options, "--cluster-announce-ip", HOST).keep_users() for _ in range(3)
        ]
        self.nodes = [*self.masters, *self.replicas]

    @property
    def url(self) -> str:
        return f"redis+cluster://{','.join(f'{HOST}:{node.port}' for node in self.masters)}"

    def start(self) -> None:
        super().start()
        for node in self.nodes:
            node.wait()
            node.add_users(*self.MORE_RULES)
        self._meet()
        self._share_slots()
        self._replicate()
        _until(lambda: all(self._is_well(node) for node in self.nodes))
        for replica in self.replicas:
            _until(lambda replica=replica: _is_in_step(replica))

    def wait_until_another_serves(self, gone: RedisNode) -> None:
        """Wait until every node knows who has the slots of one that is gone."""
        others = [node for node in self.nodes if node is not gone]
        _until(lambda: all(self._serves_without(node, gone) for node in others))

    def _serves_without(self, node: RedisNode, gone: RedisNode) -> bool:
        lines = self._tell(node, "NODES").decode().splitlines()
        with_slots = [line for line in lines if len(line.split(" ")) > 8]
        return "cluster_state:ok" in self._tell(node, "INFO").decode() and not any(
            f":{gone.port}@" in line for line in with_slots
        )

    def _meet(self) -> None:
        first, *others = self.nodes
        for node in others:
            self._tell(node, "MEET", HOST, first.port)
        _until(lambda: all(self._known(node) == len(self.nodes) for node in self.nodes))

    def _share_slots(self) -> None:
        share = -(-CLUSTER_SLOTS // len(self.masters))
        for number, node in enumerate(self.masters):
            last = min((number + 1) * share, CLUSTER_SLOTS) - 1
            self._tell(node, "ADDSLOTSRANGE", number * share, last)

    def _replicate(self) -> None:
        for master, replica in zip(self.masters, self.replicas, strict=True):
            name = self._tell(master, "MYID").decode()
            _until(lambda replica=replica, name=name: self._knows(replica, name))
            self._tell(replica, "REPLICATE", name)

    def _known(self, node: RedisNode) -> int:
        return len(self._tell(node, "NODES").decode().splitlines())

    def _knows(self, node: RedisNode, name: str) -> bool:
        return name in self._tell(node, "NODES").decode()

    def _is_well(self, node: RedisNode) -> bool:
        info = self._tell(node, "INFO").decode()
        nodes = self._tell(node, "NODES").decode()
        return "cluster_state:ok" in info and nodes.count("slave") == len(self.replicas)

    def _tell(self, node: RedisNode, *words: object) -> bytes:
        with node.client(protocol=2) as client:
            client.response_callbacks.clear()
            command: Any = client.execute_command
            return cast("bytes", command("CLUSTER", *words))


def free_port() -> int:
    with socket.create_server((HOST, 0)) as taken:
        port: int = taken.getsockname()[1]
        # A cluster's nodes talk to each other 10 000 ports further up.
        return port if port < 50_000 else free_port()


def _services(client: redis.Redis) -> list[dict[str, str]]:
    connections = client.client_list(_type="normal")
    return [each for each in connections if each["user"].endswith("_service")]


def _is_in_step(replica: RedisNode) -> bool:
    with replica.client() as client:
        return bool(client.info("replication").get("master_link_status") == "up")


def _until(condition: Any, patience: float = START_SECONDS) -> None:
    give_up_at = time.monotonic() + patience
    while True:
        with contextlib.suppress(RedisConnectionError):
            if condition():
                return
        assert time.monotonic() < give_up_at, "the servers do not agree"
        time.sleep(0.05)
