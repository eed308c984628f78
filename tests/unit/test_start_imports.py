"""A start (app_service/__main__.py, auth_service/__main__.py) imports once, and only what it needs."""

import os
import subprocess
import sys

import pytest

from app_service.settings import Settings
from common.web.serve import CODE_CHANGES, serve
from local_stack.layout import REPOSITORY

BY_A_TUNNEL = {
    "SESSION_KEYS": "rather-secret-0123456789abcdefghijklm",
    "CLIENT_ID": "id",
    "CLIENT_SECRET": "secret",
    "PUBLIC_URL": "https://tunnel.example",
}


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


def test_what_checks_signatures_of_browsers_and_webex_is_imported_with_the_first_of_them() -> None:
    found = imported_by("auth_service.app")
    assert "aiohttp" in found
    assert "jwt" not in found


def gunicorn_said(code: str, *, code_changes: str, workers: str = "1") -> str:
    """What a fresh Python prints that has gunicorn's settings as `gunicorn`."""
    environment = {**os.environ, CODE_CHANGES: code_changes, "WEB_CONCURRENCY": workers}
    command = [sys.executable, "-c", f"from common.web import gunicorn; {code}"]
    done = subprocess.run(
        command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("workers", "code_changes", "shared"),
    [("2", "no", "True"), ("2", "yes", "False"), ("1", "no", "False")],
)
def test_several_workers_share_the_application_except_where_code_changes(
    workers: str, code_changes: str, shared: str
) -> None:
    code = "print(gunicorn.preload_app)"
    assert gunicorn_said(code, code_changes=code_changes, workers=workers) == shared


WHAT_THE_MASTER_IMPORTS = (
    "import sys; from gunicorn.config import Config; from gunicorn.app import wsgiapp; "
    "config = Config(); config.set('worker_class', gunicorn.worker_class); "
    "print(config.worker_class.__name__, *sys.modules)"
)


def test_a_master_without_an_application_imports_nothing_for_one() -> None:
    """Whatever it imports, it holds beside its worker, and a copy of what the worker changes of it."""
    name, *found = gunicorn_said(WHAT_THE_MASTER_IMPORTS, code_changes="no").split()
    assert name == "LateWorker"
    assert set(found).isdisjoint({"aiohttp", "asyncio", "redis", "prometheus_client", "jinja2"})


def test_where_code_changes_the_next_worker_finds_libraries_imported() -> None:
    found = gunicorn_said(WHAT_THE_MASTER_IMPORTS, code_changes="yes").split()
    assert {"aiohttp", "uvloop", "prometheus_client"} < set(found)
    assert "redis" not in found


def test_workers_that_share_an_application_read_the_settings_of_now_when_asked_to() -> None:
    """A secret in a file, for example: SIGHUP makes new workers."""
    code = (
        "from unittest.mock import Mock; server = Mock(); gunicorn.on_reload(server); "
        "print(server.app.callable)"
    )
    assert gunicorn_said(code, code_changes="no", workers="2") == "None"


@pytest.mark.parametrize(("code_changes", "seconds"), [("no", "none"), ("yes", "1")])
def test_a_request_that_hangs_keeps_nothing_waiting_where_code_changes(
    code_changes: str, seconds: str
) -> None:
    """Gunicorn takes over nothing else while a worker of before may finish."""
    code = (
        "from unittest.mock import Mock; server = Mock(); gunicorn.on_reload(server); "
        "print(*[call.args[1] for call in server.cfg.set.call_args_list] or ['none'])"
    )
    assert gunicorn_said(code, code_changes=code_changes) == seconds


def test_under_make_run_code_changes_whatever_the_public_address_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By a tunnel, for example: then new workers read the code of now, too."""
    became: list[dict[str, str]] = []
    monkeypatch.setattr(os, "execve", lambda *command: became.append(command[2]))
    for door in ("on", "off"):
        serve("app_service.app:main", Settings.read({**BY_A_TUNNEL, "LOCAL_DOOR": door}))
    assert [each[CODE_CHANGES] for each in became] == ["yes", "no"]
