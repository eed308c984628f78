"""The images that docker-compose.otel.yml builds can send spans, and the usual ones say that they cannot."""

from collections.abc import Sequence

import pytest

from tests.system.compose.project import PRODUCTION, has_engine, project

pytestmark = pytest.mark.skipif(not has_engine(), reason="no Docker engine answers")

SETTINGS = {
    "CLIENT_ID": "insecure-client",
    "CLIENT_SECRET": "insecure-secret",
    "SESSION_KEYS": "insecure-" + "k" * 32,
    "AUTH_REDIS_PASSWORD": "insecure-auth",
    "APP_REDIS_PASSWORD": "insecure-app",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector.example:4318",
}
OTEL = (*PRODUCTION, "--file", "deploy/docker-compose.otel.yml")


def checked(files: Sequence[str], *more: str) -> tuple[int, str]:
    """Build auth_service, let it check its settings; return the exit code and what it said."""
    with project(files, **SETTINGS) as built:
        answer = built.compose("build", "settings_check")
        assert answer.returncode == 0, answer.stdout
        done = built.compose("run", "--rm", "--no-deps", *more, "settings_check")
    return done.returncode, done.stdout


def test_with_the_overlay_an_image_has_what_it_needs_to_send_spans() -> None:
    code, said = checked(OTEL)
    assert code == 0, said


def test_without_it_an_image_names_what_is_missing() -> None:
    endpoint = SETTINGS["OTEL_EXPORTER_OTLP_ENDPOINT"]
    code, said = checked(PRODUCTION, "--env", f"OTEL_EXPORTER_OTLP_ENDPOINT={endpoint}")
    assert code == 2
    assert "requirements-otel.txt" in said
