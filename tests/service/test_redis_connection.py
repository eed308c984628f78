"""The site on every kind of Redis: TLS, socket, Sentinels that switch, a cluster that loses a node."""

import asyncio
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from redis.exceptions import TimeoutError as RedisTimeoutError

from common.sessions import reader as session_store
from common.settings.redis import RedisCredentials
from common.store import permissions as redis_permissions
from common.store.access import RedisAccess, StoreUnavailable
from common.store.client import connect
from common.store.sentinel import QuickSentinel
from harness.browser_like import Browser
from harness.device import Device
from harness.eventually import eventually
from harness.redis_group import HOST, SENTINEL_PASSWORD, Cluster, RedisNode, Watched
from harness.redis_server import RedisServer
from harness.redis_users import PASSWORD, add_users
from harness.site import HTTPS, Site
from tests.certificate import certificate
from tests.conftest import MakeSite
from tests.own_reader import connection_of
from tests.steady_load import steady_load

PEOPLE = 10


@pytest.fixture(params=[HOST])
def tls_redis(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The address of a server that speaks TLS only, and its certificate."""
    public, private = certificate(tmp_path, request.param)
    files = ("--tls-cert-file", str(public), "--tls-key-file", str(private))
    node = RedisNode(
        *files, "--tls-ca-cert-file", str(public), "--tls-auth-clients", "no", tls=True
    )
    try:
        node.start()
        as_admin = {"ssl": True, "ssl_cert_reqs": "none", "ssl_check_hostname": False}
        node.wait(**as_admin)
        with node.client(**as_admin) as client:
            add_users(client)
        yield f"rediss://{HOST}:{node.port}", public
    finally:
        node.remove()


async def ready(site: Site) -> None:
    """Wait until the auth service has noticed as well."""

    async def says_so() -> bool:
        async with aiohttp.ClientSession() as http, http.get(f"{site.auth_urls[0]}/readyz") as told:
            return told.status == 200

    await eventually(says_so)


async def walk(site: Site) -> None:
    """Sign in, look, and sign out."""
    browser = await site.browser()
    assert (await browser.sign_in()).status == 303
    assert (await browser.get("/api/me")).status == 200
    assert "(this one)" in (await browser.get("/sessions")).text
    cookie = browser.session_cookie
    assert (await browser.post("/logout")).status == 303
    browser.cookies[browser.session_name] = str(cookie)
    assert (await browser.get("/api/me")).status == 401


async def test_redis_refuses_nothing_that_the_site_says(
    redis_server: RedisServer, make_site: MakeSite
) -> None:
    """Its count and log of refusals show whoever tries what no service does, and nothing else."""
    await walk(await make_site())
    # One is the trial at the start: it queues WATCH, which Redis takes in no transaction.
    assert redis_server.client.info("errorstats") == {"errorstat_ERR": {"count": 1}}


async def test_a_session_lives_behind_tls_with_a_certificate_by_file(
    make_site: MakeSite, tls_redis: tuple[str, Path]
) -> None:
    url, public = tls_redis
    await walk(await make_site(REDIS_URL=url, REDIS_CA_FILE=str(public)))
    await walk(await make_site(REDIS_URL=f"{url}?ssl_ca_certs={public}"))


async def read_over_own_connection(redis: RedisAccess, value: bytes | None) -> bool:
    """Whether a key's value is read without redis-py."""
    return await redis.get("session:a") == value and connection_of(redis) is not None


async def test_keys_are_read_behind_tls_over_a_connection_of_their_own(
    tls_redis: tuple[str, Path],
) -> None:
    url, public = tls_redis
    users = RedisCredentials(username="app_service", password=PASSWORD, ca=public.read_text())
    redis = RedisAccess(connect(url, users))
    await eventually(lambda: read_over_own_connection(redis, None))
    assert await read_over_own_connection(redis, None)
    await redis.close()


async def test_nothing_is_said_to_a_server_whose_certificate_nobody_vouches_for(
    tls_redis: tuple[str, Path],
) -> None:
    with pytest.raises(StoreUnavailable):
        await ping(tls_redis[0], RedisCredentials())


@pytest.mark.parametrize("tls_redis", ["redis.example"], indirect=True)
async def test_nothing_is_said_to_a_server_with_a_certificate_for_another_host(
    tls_redis: tuple[str, Path],
) -> None:
    url, public = tls_redis
    given = RedisCredentials(ca=public.read_text())
    with pytest.raises(StoreUnavailable):
        await ping(url, given)
    assert await ping(f"{url}?ssl_check_hostname=false", given) is None


async def ping(url: str, given: RedisCredentials) -> bytes | None:
    users = RedisCredentials(username="app_service", password=PASSWORD, ca=given.ca)
    redis = RedisAccess(connect(url, users))
    try:
        (value,) = await redis.read_many(["session:a"])
        return value
    finally:
        await redis.close()


async def test_a_subscription_gives_up_on_a_server_that_says_nothing() -> None:
    """Nothing else would end it: a subscription waits for ever by its nature."""
    silence = asyncio.Event()

    async def say_nothing(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await silence.wait()
        writer.close()

    async with await asyncio.start_server(say_nothing, HOST) as server:
        port = server.sockets[0].getsockname()[1]
        servers = connect(f"redis://{HOST}:{port}/0", RedisCredentials())
        with pytest.raises(RedisTimeoutError):
            await servers.client.pubsub().subscribe("anything")
        silence.set()
        await servers.close()


async def test_a_password_with_odd_characters_wins_over_the_one_in_the_address(
    make_site: MakeSite, redis_server: RedisServer
) -> None:
    url = redis_server.url.replace("unix://", "unix://somebody:wrong@")
    await walk(await make_site(REDIS_URL=url, REDIS_PASSWORD=PASSWORD))


@pytest.fixture
def watched() -> Iterator[Watched]:
    with Watched() as group:
        yield group


@pytest.fixture
async def behind_sentinels(make_site: MakeSite, watched: Watched) -> Site:
    return await make_site(REDIS_URL=watched.url, REDIS_SENTINEL_PASSWORD=SENTINEL_PASSWORD)


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with Cluster() as group:
        yield group


async def people(site: Site) -> list[Browser]:
    browsers = [await site.browser() for _ in range(PEOPLE)]
    for browser in browsers:
        assert (await browser.sign_in()).status == 303
    return browsers


@pytest.mark.parametrize("breaks", [RedisNode.kill, RedisNode.freeze], ids=["dies", "freezes"])
async def test_a_master_that_dies_or_freezes_is_replaced_and_nobody_is_signed_out(
    behind_sentinels: Site, watched: Watched, breaks: Callable[[RedisNode], None]
) -> None:
    browsers = await people(behind_sentinels)
    async with steady_load(browsers, "/api/me") as load:
        await load.some(200, count=50)
        first = watched.master()
        breaks(first)
        await load.some(503)
        await load.some(200, count=50)
    assert load.only_well_or_later, load.statuses
    assert watched.master() is not first
    await ready(behind_sentinels)
    await walk(behind_sentinels)


async def test_a_master_that_is_switched_by_an_operator_is_left_for_the_new_one(
    behind_sentinels: Site, watched: Watched
) -> None:
    """The old one lives on as a replica: what still leads to it must not keep anybody from writing."""
    browsers = await people(behind_sentinels)
    first = watched.master()
    async with steady_load(browsers, "/api/me") as load:
        await load.some(200, count=50)
        watched.switch()
        await asyncio.to_thread(watched.wait_until_left, first)
        await load.some(200, count=50)
    assert load.only_well_or_later, load.statuses
    for _ in range(5):
        await walk(behind_sentinels)


async def test_sentinels_that_are_gone_or_hang_do_not_keep_anybody_waiting(
    watched: Watched, make_site: MakeSite
) -> None:
    watched.sentinels[0].kill()
    watched.sentinels[1].freeze()
    site = await make_site(REDIS_URL=watched.url, REDIS_SENTINEL_PASSWORD=SENTINEL_PASSWORD)
    await walk(site)


async def test_a_server_that_does_not_call_itself_the_master_is_not_believed(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Sentinel that is late names a former master, whose data stand still."""
    given = RedisCredentials(
        username="app_service", password=PASSWORD, sentinel_password=SENTINEL_PASSWORD
    )
    redis = RedisAccess(connect(watched.url, given))
    assert await redis.read_many(["session:a"]) == [None]
    await redis.close()

    async def late(*_: object) -> tuple[str, int]:
        return HOST, watched.servers[1].port

    monkeypatch.setattr(QuickSentinel, "discover_master", late)
    redis = RedisAccess(connect(watched.url, given))
    with pytest.raises(StoreUnavailable):
        await redis.read_many(["session:a"])
    await redis.close()


@pytest.fixture
def two_masters() -> Iterator[list[RedisNode]]:
    nodes = [RedisNode(), RedisNode()]
    try:
        for node in nodes:
            node.start()
            node.wait()
            with node.client() as client:
                add_users(client)
                client.set("session:a", node.port)
        yield nodes
    finally:
        for node in nodes:
            node.remove()


async def test_keys_are_read_from_the_new_master_though_the_former_one_still_answers(
    two_masters: list[RedisNode], monkeypatch: pytest.MonkeyPatch
) -> None:
    ports = [node.port for node in two_masters]

    async def told(*_: object) -> tuple[str, int]:
        return HOST, ports[0]

    monkeypatch.setattr(QuickSentinel, "discover_master", told)
    users = RedisCredentials(username="app_service", password=PASSWORD)
    redis = RedisAccess(connect(f"redis+sentinel://{HOST}:1/sessions", users))
    for _ in two_masters:
        await eventually(lambda: read_over_own_connection(redis, str(ports[0]).encode()))
        ports.reverse()
    await redis.close()


def ends(cluster: Cluster, pattern: str) -> list[int]:
    """When the keys of such a name end, in Unix milliseconds."""
    found: list[int] = []
    for master in cluster.masters:
        with master.client() as client:
            some: Any = client
            found += [some.pexpiretime(key) for key in some.keys(pattern)]
    return sorted(found)


async def test_on_a_cluster_entries_end_with_their_sessions_though_they_lie_on_other_nodes(
    make_site: MakeSite, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_store, "TOUCH_SECONDS", 0)
    site = await make_site(REDIS_URL=cluster.url)
    browsers = await people(site)
    for browser in browsers:
        assert (await browser.get("/api/me")).status == 200
    assert ends(cluster, "session:*") == ends(cluster, "person:*:*")
    assert len(ends(cluster, "person:*:*")) == PEOPLE
    for browser in browsers:
        assert (await browser.post("/logout")).status == 303
    assert ends(cluster, "session:*") == ends(cluster, "person:*") == []


async def test_on_a_cluster_sessions_are_bound_and_renewed_and_end_with_their_keys(
    make_site: MakeSite, cluster: Cluster
) -> None:
    site = await make_site(REDIS_URL=cluster.url, **HTTPS)
    browsers = [await site.browser() for _ in range(PEOPLE)]
    for browser in browsers:
        device = Device()
        assert (await device.registers(browser, await browser.sign_in())).status == 200
        assert (await device.renews(browser)).status == 200
        assert (await browser.get("/sessions")).page.text.count("(this one)") == 1
    assert ends(cluster, "binding:{*") == ends(cluster, "session:*")
    for browser in browsers:
        assert (await browser.post("/logout")).status == 303
    assert ends(cluster, "session:*") == ends(cluster, "binding:{*") == []


async def test_sessions_live_on_a_cluster_and_survive_the_loss_of_a_node(
    make_site: MakeSite, cluster: Cluster
) -> None:
    site = await make_site(REDIS_URL=cluster.url, replicas=2)
    browsers = await people(site)
    async with steady_load(browsers, "/api/me") as load:
        await load.some(200, count=50)
        cluster.masters[0].kill()
        await asyncio.to_thread(cluster.wait_until_another_serves, cluster.masters[0])
        await load.some(200, count=50)
    assert load.only_well_or_later, load.statuses
    for browser in browsers:
        assert (await browser.get("/api/me")).status == 200
    newcomer = await site.browser()

    async def let_in() -> bool:
        return (await newcomer.sign_in()).status == 303

    await eventually(let_in)
    await walk(site)


def change_user(redis: RedisServer, *rules: str) -> None:
    run: Any = redis.client.execute_command
    run("ACL", "SETUSER", "app_service", *rules)


async def command(environment: Mapping[str, str], service: str) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", service, "check-redis"),
        env={"REDIS_USERNAME": service, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    return process.returncode, out.decode()


@pytest.fixture
async def own_site(make_site: MakeSite, own_redis: RedisServer) -> Site:
    return await make_site(redis=own_redis)


@pytest.mark.parametrize("service", ["auth_service", "app_service"])
async def test_productions_users_may_do_all_that_a_service_needs(
    own_site: Site, own_redis: RedisServer, service: str
) -> None:
    assert await command(own_site.environment, service) == (0, "")
    assert own_redis.keys() == []


async def test_a_missing_permission_is_named_at_the_start_and_by_the_command(
    make_site: MakeSite, own_redis: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    change_user(own_redis, "clearselectors")
    site = await make_site(redis=own_redis)
    (line,) = [r for r in caplog.records if r.getMessage() == "redis_permission_missing"]
    assert vars(line)["missing"] == [
        "PEXPIREAT session:probe 1",
        "PEXPIREAT person:probe 1 GT",
        "PEXPIREAT binding:probe 1",
        "PUBLISH space:probe x",
    ]
    code, said = await command(site.environment, "app_service")
    assert code == 1
    assert said.splitlines() == [
        "The Redis user app_service may not: PEXPIREAT session:probe 1",
        "The Redis user app_service may not: PEXPIREAT person:probe 1 GT",
        "The Redis user app_service may not: PEXPIREAT binding:probe 1",
        "The Redis user app_service may not: PUBLISH space:probe x",
    ]


async def test_a_wrong_password_and_a_redis_that_is_gone_are_told_apart(
    own_site: Site, own_redis: RedisServer
) -> None:
    wrong = {**own_site.environment, "REDIS_PASSWORD": "wrong"}
    told = (1, "Redis does not accept the user name or the password.\n")
    assert await command(wrong, "app_service") == told
    own_redis.stop()
    code, said = await command(own_site.environment, "app_service")
    assert (code, said.startswith("Redis does not answer")) == (1, True)


async def test_a_missing_permission_is_named_when_redis_comes_later(
    make_site: MakeSite,
    own_redis: RedisServer,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(redis_permissions, "AGAIN_SECONDS", 0.01)
    own_redis.stop()
    await make_site(redis=own_redis)
    own_redis.start()
    change_user(own_redis, "-mget")

    async def named() -> bool:
        return "redis_permission_missing" in caplog.messages

    await eventually(named)
