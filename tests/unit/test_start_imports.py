"""A start (app_service/__main__.py, auth_service/__main__.py) imports once, and only what it needs."""

import os
import subprocess
import sys

import pytest

from common.web.serve import SHOWS_MISTAKES
from local_stack.layout import REPOSITORY


def imported_by(module: str) -> set[str]:
    """Every module that a fresh Python has after importing this one."""
    code = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("service", ["auth_service", "app_service"])
def test_settings_are_read_without_what_gunicorn_will_import_again(service: str) -> None:
    found = imported_by(f"{service}.__main__")
    assert f"{service}.settings" in found
    assert found.isdisjoint({"aiohttp", "redis", "jinja2", "cryptography", "asyncio", "ssl"})


def test_what_nginx_serves_by_itself_is_written_without_a_server() -> None:
    """`make run` waits for it, and so does every saved style sheet."""
    found = imported_by("common.web.assets")
    assert "jinja2" in found
    assert found.isdisjoint({"aiohttp", "asyncio", "ssl"})


def test_what_cleans_messages_and_cards_is_imported_with_the_first_of_them() -> None:
    found = imported_by("app_service.app")
    assert "aiohttp" in found
    assert found.isdisjoint({"markdown_it", "nh3"})


@pytest.mark.parametrize(("shows_mistakes", "shared"), [("no", "True"), ("yes", "False")])
def test_workers_share_what_is_imported_except_where_code_changes(
    shows_mistakes: str, shared: str
) -> None:
    code = "from common.web import gunicorn; print(gunicorn.preload_app)"
    environment = {**os.environ, SHOWS_MISTAKES: shows_mistakes}
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == shared
