"""The container's Redis takes the passwords that the services send, however they were typed."""

import os
import re
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest

from common.settings.environment import Environment

ROOT = Path(__file__).parents[2]
NAME = "AUTH_REDIS_PASSWORD"
LOGIN = re.compile(r"^user auth_service .*?#([0-9a-f]{64})", re.MULTILINE)


def password_of_redis(folder: Path, variables: dict[str, str]) -> str:
    """Run redis/start in a folder of its own; return the hash of the password it gives auth_service."""
    script = (
        (ROOT / "redis" / "start").read_text(encoding="utf-8").replace("/run/redis", str(folder))
    )
    (folder / "start").write_text(script, encoding="utf-8")
    template = (ROOT / "redis" / "users.acl.template").read_text(encoding="utf-8")
    (folder / "users.acl.template").write_text(template, encoding="utf-8")
    (folder / "redis-server").write_text("#!/bin/sh\n", encoding="utf-8")
    (folder / "redis-server").chmod(0o755)
    path = os.pathsep.join((str(folder), os.environ["PATH"]))
    environment = {"APP_REDIS_PASSWORD": "insecure", **variables, "PATH": path}
    subprocess.run(["/bin/sh", folder / "start"], env=environment, check=True)
    [login] = LOGIN.findall((folder / "users.acl").read_text(encoding="utf-8"))
    return str(login)


def password_of_a_service(variables: dict[str, str]) -> str:
    return sha256(Environment(variables).text(NAME).encode()).hexdigest()


TYPED = [
    "plain",
    "end \n",
    "windows\r\n",
    "\t around \t",
    "\n\nlate",
    "in  side",
    "a\n b",
    r"o'd\"d$*?",
]


@pytest.mark.parametrize("typed", TYPED, ids=ascii)
def test_a_password_in_a_variable_is_the_same_for_redis_and_the_services(
    tmp_path: Path, typed: str
) -> None:
    variables = {NAME: typed}
    assert password_of_redis(tmp_path, variables) == password_of_a_service(variables)


@pytest.mark.parametrize("typed", [*TYPED, "\ufeffof an editor\r\n"], ids=ascii)
def test_a_password_in_a_file_is_the_same_for_redis_and_the_services(
    tmp_path: Path, typed: str
) -> None:
    file = tmp_path / "secret"
    file.write_bytes(typed.encode())
    variables = {f"{NAME}_FILE": str(file)}
    assert password_of_redis(tmp_path, variables) == password_of_a_service(variables)


def test_a_password_of_blanks_counts_as_none_for_redis_too(tmp_path: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        password_of_redis(tmp_path, {NAME: " \n"})
