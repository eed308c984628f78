"""`docker compose watch` misses nothing: whatever an image is made of, a change of it builds it anew."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
ARGUMENT = re.compile(r"^ARG (\w+)=(\S+)$", re.MULTILINE)
COPIED = re.compile(r"^COPY (?!--from)(?:--\S+ )*(\S+) \S+$", re.MULTILINE)
SERVICES = ("auth_service", "app_service", "webex_sandbox")


class Loader(yaml.SafeLoader):
    """Knows the tag that Compose has for a list that replaces another one."""


def override(loader: yaml.SafeLoader, node: yaml.SequenceNode) -> list[Any]:
    return loader.construct_sequence(node)


Loader.add_constructor("!override", override)


def watched(service: str) -> dict[str, str]:
    """What is done about a change, by the path that changed."""
    text = (ROOT / "docker-compose.override.yml").read_text(encoding="utf-8")
    services: dict[str, Any] = yaml.load(text, Loader)["services"]  # noqa: S506 - a safe loader
    return {each["path"]: each["action"] for each in services[service]["develop"]["watch"]}


def copied(service: str) -> set[str]:
    """What the image's Dockerfile copies from the repository, its arguments at their defaults."""
    text = (ROOT / service / "Dockerfile").read_text(encoding="utf-8")
    for name, default in ARGUMENT.findall(text):
        text = text.replace(f"${{{name}}}", default)
    return set(COPIED.findall(text))


@pytest.mark.parametrize("service", SERVICES)
def test_a_change_of_anything_in_an_image_builds_it_anew(service: str) -> None:
    assert watched(service) == dict.fromkeys(copied(service), "rebuild")


def test_a_change_of_a_static_file_reaches_nginx() -> None:
    folders = {path.parent.relative_to(ROOT).as_posix() for path in ROOT.glob("*/static/*.css")}
    ours = {folder for folder in folders if folder.split("/")[0] in copied("nginx")}
    assert {*ours, "common/templates", "nginx"} == set(watched("nginx"))


@pytest.mark.parametrize("service", [*SERVICES, "nginx"])
def test_what_is_watched_exists(service: str) -> None:
    assert [path for path in watched(service) if not (ROOT / path).exists()] == []
