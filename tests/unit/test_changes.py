"""Which service a saved file restarts."""

import os
from pathlib import Path

import pytest

from local_stack import changes
from local_stack.changes import Changes


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("app_service/templates", "auth_service", "common/static", "webex_sandbox"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "app_service/handlers.py").write_text("one = 1\n")
    return tmp_path


def saved(watching: Changes) -> list[str]:
    """What is noticed once nobody writes any more."""
    return [file.as_posix() for _ in range(2) for file in watching.saved()]


def test_a_file_that_is_changed_made_or_deleted_is_noticed_once(project: Path) -> None:
    watching = Changes(project)
    assert saved(watching) == []
    (project / "app_service/handlers.py").write_text("one = 11\n")
    (project / "app_service/templates/new.html").write_text("new")
    assert saved(watching) == ["app_service/handlers.py", "app_service/templates/new.html"]
    (project / "app_service/templates/new.html").unlink()
    assert saved(watching) == ["app_service/templates/new.html"]
    assert saved(watching) == []


def test_a_file_of_the_same_size_is_noticed_by_its_time(project: Path) -> None:
    watching = Changes(project)
    file = project / "app_service/handlers.py"
    file.write_text("two = 2\n")
    os.utime(file, ns=(1, 1))
    assert saved(watching) == ["app_service/handlers.py"]


def test_a_file_that_is_still_being_written_is_waited_for(project: Path) -> None:
    watching = Changes(project)
    (project / "app_service/handlers.py").write_text("")
    assert not watching.under_way
    assert watching.saved() == []
    assert watching.under_way
    (project / "app_service/handlers.py").write_text("two = 2\n")
    assert watching.saved() == []
    assert watching.saved() == [Path("app_service/handlers.py")]
    assert not watching.under_way


@pytest.mark.parametrize(
    "name", ["app_service/.handlers.py.swp", "app_service/handlers.py~", "webex_sandbox/app.py"]
)
def test_what_editors_leave_and_what_is_not_a_service_is_passed_over(
    project: Path, name: str
) -> None:
    watching = Changes(project)
    (project / name).write_text("x")
    (project / "app_service/__pycache__").mkdir()
    (project / "app_service/__pycache__/x.py").write_text("x")
    assert saved(watching) == []


@pytest.mark.parametrize(
    ("file", "services"),
    [
        ("app_service/handlers.py", ["app_service"]),
        ("auth_service/templates/sessions.html", ["auth_service"]),
        ("common/static/site.css", ["auth_service", "app_service"]),
    ],
)
def test_a_file_belongs_to_its_service_and_a_common_one_to_both(
    file: str, services: list[str]
) -> None:
    assert changes.concerned([Path(file)]) == services


def test_what_the_door_serves_by_itself_is_written_anew() -> None:
    for file in ("common/static/site.css", "common/templates/base.html", "app_service/static/a.js"):
        assert changes.is_for_the_door(Path(file))
    assert not changes.is_for_the_door(Path("app_service/templates/home.html"))


def test_a_file_that_is_no_python_is_named_with_line_and_source(project: Path) -> None:
    (project / "app_service/handlers.py").write_text("one = 1\ndef broken(:\n")
    [sentence] = changes.mistakes([Path("app_service/handlers.py"), Path("gone.py")], project)
    first, source = sentence.splitlines()
    assert first.startswith("app_service/handlers.py:2: SyntaxError: ")
    assert source.strip() == "def broken(:"


def test_a_file_with_a_null_byte_is_named_too(project: Path) -> None:
    (project / "app_service/handlers.py").write_bytes(b"one = 1\0\n")
    [sentence] = changes.mistakes([Path("app_service/handlers.py")], project)
    assert sentence.startswith("app_service/handlers.py")
