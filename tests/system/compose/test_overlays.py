"""Overlays of deploy/: what they need is asked for at the start, and not again by whoever looks or stops."""

import json

import pytest

from tests.system.compose.project import PRODUCTION, project

OVERLAYS = {
    "deploy/docker-compose.otel.yml": ("OTEL_EXPORTER_OTLP_ENDPOINT",),
    "deploy/docker-compose.tls.yml": ("PUBLIC_URL", "TLS_CERTIFICATE_FILE", "TLS_KEY_FILE"),
    "deploy/docker-compose.scale.yml": (),
    "deploy/docker-compose.images.yml": (),
    "deploy/observability.yml": (),
}


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("command", [("ps",), ("logs",), ("config", "--quiet"), ("down",)], ids=str)
def test_whoever_looks_or_stops_need_not_repeat_the_variables(
    overlay: str, command: tuple[str, ...]
) -> None:
    with project((*PRODUCTION, "--file", overlay)) as idle:
        done = idle.compose(*command)
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("overlay", "names"), [each for each in OVERLAYS.items() if each[1]])
def test_a_start_without_them_is_refused_and_names_them(
    overlay: str, names: tuple[str, ...]
) -> None:
    with project((*PRODUCTION, "--file", overlay), HTTPS_PORT="9443", HTTP_PORT="9180") as half:
        answer = half.compose("up", "--build", "settings_check")
        for name in names:
            assert f"  - {name} is not set" in answer.stdout, answer.stdout


def test_with_published_images_nothing_is_built() -> None:
    files = (*PRODUCTION, "--file", "deploy/docker-compose.images.yml")
    with project(files, IMAGES="ghcr.io/owner/pair", RELEASE="1.2.3") as published:
        services = json.loads(published.compose("config", "--format", "json").stdout)["services"]
    assert [name for name, told in services.items() if "build" in told] == []
    assert services["app_service"]["image"] == "ghcr.io/owner/pair/app_service:1.2.3"
    assert services["settings_check"]["image"] == "ghcr.io/owner/pair/auth_service:1.2.3"


def test_the_sandbox_has_no_place_beside_a_client_id() -> None:
    with project() as trying, project(CLIENT_ID="C1") as real, project(CLIENT_ID_FILE="x") as file:
        named = [
            each.compose("config", "--services").stdout.split() for each in (trying, real, file)
        ]
    assert ["webex_sandbox" in services for services in named] == [True, False, False]


def test_the_sandbox_stays_where_a_profile_of_ours_is_asked_for() -> None:
    files = ("docker-compose.yml", "docker-compose.override.yml", "deploy/observability.yml")
    with project([option for file in files for option in ("--file", file)]) as watched:
        named = watched.compose("--profile", "observability", "config", "--services").stdout
    assert "webex_sandbox" in named.split()
