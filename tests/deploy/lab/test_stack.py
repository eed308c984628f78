"""`docker stack deploy` takes the compose files, where the engine supports swarm mode."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator

import pytest

from bench.steady_load import SteadyLoad
from harness.browser_like import Browser
from harness.eventually import eventually
from local_stack.layout import REPOSITORY
from tests.system.compose.project import Project, has_engine, project

pytestmark = pytest.mark.skipif(not has_engine(), reason="no Docker engine answers")

NAME = "stack-test"
# A service that does not start would be started again for ever.
CONVERGING_SECONDS = 240
URL = "http://localhost:18080"
FILES = (
    *("--file", "docker-compose.yml"),
    *("--file", "deploy/docker-compose.scale.yml"),
    *("--file", "tests/deploy/lab/docker-compose.stack.yml"),
)
SETTINGS = {
    "COMPOSE_PROJECT_NAME": NAME,
    "PORT": "18080",
    "SESSION_KEYS": "insecure-" + "k" * 32,
    "AUTH_REDIS_PASSWORD": "insecure $auth",
    "APP_REDIS_PASSWORD": "insecure $$app",
    "REDIS_REPLICATION_PASSWORD": "insecure-replication",
    "SIGN_IN_RATE": "1000r/s",
    "SIGN_IN_BURST": "1000",
    "AUTH_SERVICES": "2",
    "APP_SERVICES": "3",
}


def docker(*arguments: str, stdin: str | None = None) -> str:
    done = subprocess.run(
        ["docker", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=CONVERGING_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{arguments}: {done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def swarm() -> Iterator[None]:
    """An engine in swarm mode; one that was not is taken out of it again."""
    if docker("info", "--format", "{{.Swarm.LocalNodeState}}").strip() == "active":
        yield
        return
    address = ("--advertise-addr", "127.0.0.1", "--listen-addr", "127.0.0.1:2377")
    begun = subprocess.run(["docker", "swarm", "init", *address], capture_output=True, check=False)
    if begun.returncode:
        pytest.skip("this engine has no swarm mode")
    yield
    docker("swarm", "leave", "--force")


@pytest.fixture(scope="module")
def deployed(swarm: None) -> Iterator[Project]:
    del swarm
    with project(FILES, **SETTINGS) as built:
        done = built.compose("build")
        assert done.returncode == 0, done.stdout
        try:
            wait = ("--detach=false", "--quiet")
            docker("stack", "deploy", *wait, "--compose-file", "-", NAME, stdin=rendered(built))
            yield built
        finally:
            # Not --detach=false: it has been seen to wait for ever for tasks that had ended.
            docker("stack", "rm", NAME)
            asyncio.run(eventually(nothing_is_left))


async def nothing_is_left() -> bool:
    label = f"label=com.docker.stack.namespace={NAME}"
    return docker("ps", "--all", "--quiet", "--filter", label) == ""


def rendered(built: Project) -> str:
    """The one file that `docker stack deploy` is given."""
    told = built.compose("config", "--format", "json")
    assert told.returncode == 0, told.stdout
    script = [sys.executable, str(REPOSITORY / "deploy" / "stack.py")]
    done = subprocess.run(script, input=told.stdout, capture_output=True, text=True, check=True)
    return done.stdout


def test_docker_takes_the_files() -> None:
    """No engine in swarm mode is needed to read them."""
    text = rendered(Project(FILES, **SETTINGS))
    docker("stack", "config", "--compose-file", "-", stdin=text)


@pytest.mark.usefixtures("deployed")
async def test_a_stack_signs_people_in_and_an_update_fails_no_request() -> None:
    async with Browser(URL, lambda _: URL) as browser:
        await browser.sign_in()
        assert (await browser.get("/api/me")).status == 200
    async with SteadyLoad(URL, pages=25, sign_ins=1) as load:
        for service in ("app_service", "auth_service"):
            update = ("service", "update", "--quiet", "--force", f"{NAME}_{service}")
            await asyncio.to_thread(docker, *update)
    assert load.tally.failures == {}
