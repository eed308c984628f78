"""The README's tables of settings, .env.example, the compose files and the code say the same."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from app_service.settings import Settings as AppSettings
from auth_service.settings import Settings as AuthSettings
from common.settings.environment import Environment, SettingsError
from webex_sandbox.settings import Settings as SandboxSettings

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| `([A-Z_]+)` \| (.*?) \| (.*?) \| .* \|$", re.MULTILINE)
EXAMPLE = re.compile(r"^#?([A-Z][A-Z_]+)=(.*)$", re.MULTILINE)
# ${NAME:-default}, also when the default has a ${NAME} of its own.
COMPOSE = re.compile(r"\$\{([A-Z_]+)")
# .env.example shows a value that one might choose, not the default.
ILLUSTRATED = {"PUBLIC_URL", "DEBUG"}
# The addresses of the sandbox, so that the services' settings can be read at all.
TRYING_OUT = {"SANDBOX_URL": "http://localhost:8090", "SESSION_KEYS": "insecure-" + "k" * 32}


class Row(NamedTuple):
    default: str | None
    """The value, where the table promises one."""
    readers: frozenset[str]


class Recorder(Environment):
    """Remembers the defaults that the code gives."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        super().__init__(variables)
        self.defaults: dict[str, str] = {}

    def text(self, name: str, default: str | None = None) -> str:
        if default:
            self.defaults[name] = default
        return super().text(name, default)

    def integer(self, name: str, default: int, *, minimum: int, maximum: int) -> int:
        self.defaults[name] = str(default)
        return super().integer(name, default, minimum=minimum, maximum=maximum)


class AskedFor(dict[str, str]):
    """An environment that remembers what was looked up in it."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def get(self, name: str, default: object = None) -> object:  # type: ignore[override]
        self.names.add(name.removesuffix("_FILE"))
        return super().get(name, default)


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def table(after: str) -> dict[str, Row]:
    """Read the table that follows a sentence of the README."""
    lines = read("README.md").split(after)[1].partition("| Setting |")[2]
    rows = ROW.findall(lines.partition("\n\n")[0])
    return {name: Row(promised(cell), frozenset(who.split(", "))) for name, cell, who in rows}


def promised(cell: str) -> str | None:
    value = re.fullmatch(r"`([^`]+)`", cell)
    return value[1] if value else None


def for_people() -> dict[str, Row]:
    return table("## Settings")


def for_deployments() -> dict[str, Row]:
    return table("These are set by the compose files")


def everything() -> dict[str, Row]:
    return for_people() | for_deployments()


def recorded(settings: type[AuthSettings | AppSettings]) -> Recorder:
    recorder = Recorder(TRYING_OUT)
    settings.from_environment(recorder)
    return recorder


def asked_by_code() -> dict[str, set[str]]:
    sandbox = AskedFor()
    SandboxSettings.from_environ(sandbox)
    # The sandbox's secret is known; CLIENT_SECRET is read for a real integration only.
    real = Recorder({**TRYING_OUT, "CLIENT_ID": "id", "CLIENT_SECRET": "secret"})
    AuthSettings.from_environment(real)
    auth = recorded(AuthSettings).asked | real.asked
    return {"auth": auth, "app": recorded(AppSettings).asked, "sandbox": sandbox.names}


def compose_block(file: str, service: str) -> set[str]:
    """The variables that one service of a compose file is given."""
    block = re.search(rf"^  {service}:\n((?:    .*\n|\n)*)", read(file), re.MULTILINE)
    assert block, service
    return {name.removesuffix("_FILE") for name in COMPOSE.findall(block[1])}


def test_the_first_table_is_env_example() -> None:
    assert set(for_people()) == {name for name, _ in EXAMPLE.findall(read(".env.example"))}


def test_every_variable_of_the_compose_files_is_in_a_table() -> None:
    files = ("docker-compose.yml", "docker-compose.override.yml")
    used = {name.removesuffix("_FILE") for file in files for name in COMPOSE.findall(read(file))}
    assert used <= set(everything())


@pytest.mark.parametrize("service", ["auth", "app", "sandbox"])
def test_the_tables_say_what_a_service_reads(service: str) -> None:
    said = {name for name, row in everything().items() if service in row.readers}
    # The sandbox's port is made into SANDBOX_BIND and SANDBOX_URL by who starts it.
    assert said - {"SANDBOX_PORT"} == asked_by_code()[service]


@pytest.mark.parametrize(("reader", "service"), [("nginx", "nginx"), ("Redis", "redis")])
def test_the_tables_say_what_the_other_containers_are_given(reader: str, service: str) -> None:
    said = {name for name, row in everything().items() if reader in row.readers}
    assert said == compose_block("docker-compose.yml", service)


def test_whatever_a_person_can_set_reaches_the_containers() -> None:
    handed_on = set(COMPOSE.findall(read("docker-compose.yml")))
    sandbox = set(COMPOSE.findall(read("docker-compose.override.yml")))
    of_make_run = {name for name, row in for_people().items() if row.readers == {"make run"}}
    assert set(for_people()) - of_make_run <= handed_on | sandbox


def test_the_defaults_in_the_tables_are_those_of_the_code() -> None:
    wrong = [
        (name, default, everything()[name].default)
        for recorder in (recorded(AuthSettings), recorded(AppSettings))
        for name, default in recorder.defaults.items()
        if everything()[name].default not in (None, default)
    ]
    assert wrong == []


def test_the_values_in_env_example_are_the_defaults_of_the_table() -> None:
    shown = dict(EXAMPLE.findall(read(".env.example")))
    assert [
        (name, shown[name], row.default)
        for name, row in for_people().items()
        if name not in ILLUSTRATED and shown[name] != (row.default or "")
    ] == []


def test_the_misspelt_name_of_a_setting_is_noticed() -> None:
    with pytest.raises(SettingsError, match="did you mean SESSION_KEYS"):
        AuthSettings.read({"SANDBOX_URL": "http://localhost:8090", "SESSION_KEY": "k" * 32})
