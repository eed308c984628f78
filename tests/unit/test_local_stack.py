"""What `make run` needs before it can run anything: programs, packages, ports, secrets."""

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from local_stack import kept_secrets, package_managers, ports, procfile, programs, venv
from local_stack.layout import REPOSITORY
from local_stack.ports import Ports

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
    assert "sudo dnf install --assumeyes --quiet valkey nginx" in str(refused.value)


def test_sudo_without_a_password_is_used(
    machine: MakeProgram, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    machine("dnf")
    machine("sudo", 'shift; exec "$@"')
    machine("true")
    with pytest.raises(programs.ProgramMissingError, match="Not installed: nginx"):
        programs.provide(["nginx"])
    assert "sudo -n " + str(tmp_path) not in calls(tmp_path)
    assert "dnf install --assumeyes --quiet nginx" in calls(tmp_path)


def test_without_a_package_manager_the_missing_programs_are_named(machine: MakeProgram) -> None:
    machine("sudo")
    with pytest.raises(programs.ProgramMissingError, match="Missing: redis, nginx"):
        programs.provide(["redis", "nginx"])


def test_a_program_that_is_too_old_is_refused_with_its_version(machine: MakeProgram) -> None:
    machine("redis-server", "echo Redis server v=6.0.16 sha=0")
    with pytest.raises(programs.ProgramMissingError, match=r"redis 6\.0, but 7\.0"):
        programs.provide(["redis"])


def test_every_program_has_a_package_in_every_package_manager() -> None:
    for program in programs.PROGRAMS.values():
        assert set(program.packages) == set(package_managers.MANAGERS)


def test_requirements_are_installed_once_and_again_when_they_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: Commands = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[bytes]:
        commands.append(command)
        if "venv" in command:
            (tmp_path / ".venv/bin").mkdir(parents=True)
            (tmp_path / ".venv/bin/python").touch()
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(sys, "argv", ["venv", "requirements.txt"])
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


def test_a_python_that_is_too_old_is_told_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 12))
    assert venv.main() == 1
    assert "Python 3.11 or newer is needed, this is 3.10" in capsys.readouterr().out


def test_ports_that_cannot_be_used_are_named() -> None:
    same = Ports.next_to(65533, sandbox=65533)
    told = " ".join(ports.problems(same))
    assert "Port 65536 of Redis (PORT + 3) does not exist." in told
    assert "Port 65533 is wanted by both nginx (PORT) and the sandbox (SANDBOX_PORT)." in told


def test_a_secret_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    file = kept_secrets.keep(tmp_path / "secrets" / "key")
    secret = file.read_text()
    assert len(secret) >= 32
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert kept_secrets.keep(file).read_text() == secret


def test_the_procfile_starts_everything_that_has_a_port() -> None:
    names = set(procfile.read(REPOSITORY / "Procfile"))
    assert names == set(Ports.__dataclass_fields__)
