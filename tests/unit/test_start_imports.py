"""A start (app_service/__main__.py, auth_service/__main__.py) imports once, and only what it needs."""

import subprocess
import sys

import pytest

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


def test_the_markdown_of_cards_is_imported_with_the_first_card() -> None:
    found = imported_by("app_service.app")
    assert "aiohttp" in found
    assert "markdown_it" not in found
