"""`docker compose -f docker-compose.yml up`: the same without the sandbox, and never half-configured."""

import secrets
from contextlib import suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from aiohttp import ClientError

from harness.browser_like import Browser
from harness.eventually import eventually
from local_stack.ports import is_free
from tests.system.compose.project import PRODUCTION, Project, project, service_of

NEEDED = (
    *("CLIENT_ID", "CLIENT_SECRET", "SESSION_KEYS"),
    *("AUTH_REDIS_PASSWORD", "APP_REDIS_PASSWORD"),
)
# Not the tutorial's ports: those belong to the other projects.
PORT = "9180"


def running(project: Project) -> set[str]:
    return {service_of(each) for each in project.containers() if each["State"]["Running"]}


def test_a_half_configured_start_is_refused_with_everything_that_is_missing() -> None:
    with project(PRODUCTION, PORT=PORT, CLIENT_ID="C123", STATE="fixed") as half:
        answer = half.compose("up", "--build")
        assert answer.returncode != 0
        for name in set(NEEDED) - {"CLIENT_ID"} | {"STATE"}:
            assert f"  - {name}" in answer.stdout, answer.stdout
        assert "  - CLIENT_ID" not in answer.stdout
        assert running(half) == set()


async def test_with_secrets_from_files_it_starts_and_sends_people_to_webex(tmp_path: Path) -> None:
    # Odd characters: a value is not quoted anywhere.
    values = {name: f"{secrets.token_urlsafe(32)}-p@ss:w/rd#%20?&'\"$\\" for name in NEEDED}
    files = {}
    for name, value in values.items():
        file = tmp_path / name.lower()
        file.write_text(f"{value}\n")
        file.chmod(0o644)
        files[f"{name}_FILE"] = str(file)
    with project(PRODUCTION, PORT=PORT, **files) as whole:
        whole.up("--build")
        assert running(whole) == {"nginx", "auth_service", "app_service", "redis"}
        async with Browser(whole.url, lambda _: whole.url) as browser:
            location = (await browser.get("/login")).location
            assert (await browser.get("/")).status == 200
    assert location.startswith("https://webexapis.com/v1/authorize?")
    assert parse_qs(urlsplit(location).query)["client_id"] == [values["CLIENT_ID"]]


async def test_with_a_client_id_the_sandbox_is_out_of_the_way() -> None:
    with project(
        PORT=PORT, SANDBOX_PORT="9190", CLIENT_ID="C123", CLIENT_SECRET="insecure-secret"
    ) as real:
        real.up("--build")

        locations: list[str] = []
        async with Browser(real.url, lambda _: real.url) as browser:

            async def sends_people_on() -> bool:
                with suppress(ClientError):
                    locations[:] = (await browser.get("/login")).headers.getall("Location", [])
                return bool(locations)

            # The first answer counts: who asks all the time is asked to slow down (429) soon.
            await eventually(sends_people_on)
        assert running(real) == {"nginx", "auth_service", "app_service", "redis"}
        assert is_free(9190)
    assert locations[0].startswith("https://webexapis.com/v1/authorize?")
