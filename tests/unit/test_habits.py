"""Hooks, hosted gate, updates and workplace do what the house does without them."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PINNED = re.compile(r"uses: [\w-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
PYTHON_IMAGE = re.compile(r"^(?:ARG PYTHON_IMAGE=|FROM )(python:\S+)", re.MULTILINE)
REDIS_IMAGE = re.compile(r"image: (?:\$\{REDIS_IMAGE:-)?(redis:\w+)\}?$", re.MULTILINE)


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def settings(path: str) -> Any:
    return yaml.safe_load(read(path))


def target(name: str) -> str:
    """The commands of a make target."""
    return read("Makefile").split(f"\n{name}:")[1].split("\n\n")[0].replace("$(RUN) ", "")


def workflow() -> Any:
    return settings(".github/workflows/ci.yml")


def test_the_hooks_run_what_make_check_runs() -> None:
    [source] = settings(".pre-commit-config.yaml")["repos"]
    assert source["repo"] == "local"
    entries = [hook["entry"].replace(" --force-exclude", "") for hook in source["hooks"]]
    checked = re.findall(r"^\t@(.+)$", target("check"), re.MULTILINE)
    assert entries == [f".venv/bin/{command.removeprefix('.venv/bin/')}" for command in checked]


def test_the_hosted_gate_runs_what_the_local_one_runs() -> None:
    jobs = workflow()["jobs"].values()
    commands = {step["run"] for job in jobs for step in job["steps"] if "run" in step}
    local = set(re.findall(r"\bmake [a-z-]+", read(".ci/run")))
    assert {command for command in commands if command.startswith("make ")} == local


def test_every_action_is_pinned_by_its_commit_with_the_version_beside_it() -> None:
    files = (ROOT / ".github" / "workflows").glob("*.yml")
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    uses = [line.strip("- ") for line in lines]
    # What begins with a dot is of this repository.
    named = [line for line in uses if line.startswith("uses:") and "uses: ./" not in line]
    assert named
    assert [line for line in named if not PINNED.fullmatch(line)] == []


def test_a_job_may_read_the_code_and_nothing_else() -> None:
    assert workflow()["permissions"] == {}
    assert [job["permissions"] for job in workflow()["jobs"].values()] == [
        {"contents": "read"} for _ in workflow()["jobs"]
    ]
    checkouts = [
        step["with"]
        for job in workflow()["jobs"].values()
        for step in job["steps"]
        if step.get("uses", "").startswith("actions/checkout")
    ]
    assert checkouts == [{"persist-credentials": False} for _ in workflow()["jobs"]]


def test_what_is_published_was_tested_has_a_list_of_its_parts_and_is_signed() -> None:
    publish = settings(".github/workflows/publish.yml")
    image = publish["jobs"]["image"]
    assert publish["jobs"]["test"]["uses"] == "./.github/workflows/ci.yml"
    assert image["needs"] == "test"
    assert publish["permissions"] == {}
    assert image["permissions"] == {
        "contents": "read",
        "packages": "write",
        "id-token": "write",
    }
    commands = "\n".join(step.get("run", "") for step in image["steps"])
    assert all(part in commands for part in ("--sbom=true", "--provenance=mode=max", "cosign sign"))
    # By its digest: a tag could mean another image a moment later.
    assert '$IMAGE@$digest"' in commands
    # A value that somebody else chose, such as a tag's name, is read by the shell from a variable only.
    assert "${{" not in commands
    for name in image["strategy"]["matrix"]["image"]:
        assert (ROOT / name / "Dockerfile").exists()


def test_compose_can_name_the_images_that_are_published() -> None:
    named = read("deploy/docker-compose.images.yml")
    images = settings(".github/workflows/publish.yml")["jobs"]["image"]["strategy"]["matrix"]
    assert set(re.findall(r"\}/(\w+):\$\{RELEASE", named)) == set(images["image"])
    built = settings("docker-compose.yml")["services"]
    for service in (name for name, told in built.items() if "build" in told):
        assert f"\n  {service}: {{image:" in named


def test_the_hosted_gate_tries_the_oldest_python_that_is_promised_and_the_one_in_the_images() -> (
    None
):
    oldest = re.search(r'requires-python = ">=([\d.]+)"', read("pyproject.toml"))
    image = re.search(r"python:([\d.]+)", read("app_service/Dockerfile"))
    assert oldest
    assert image
    assert workflow()["jobs"]["test"]["strategy"]["matrix"]["python"] == [oldest[1], image[1]]


def test_updates_come_together_and_not_at_once() -> None:
    updates = settings(".github/dependabot.yml")["updates"]
    assert {each["package-ecosystem"] for each in updates} == {"pip", "docker", "github-actions"}
    for each in updates:
        [group] = each["groups"].values()
        assert group["patterns"] == ["*"]
        assert each["cooldown"]["default-days"] >= 7


def test_all_images_are_made_of_the_same_python() -> None:
    files = [*ROOT.glob("*/Dockerfile"), *ROOT.glob(".devcontainer/Dockerfile")]
    images = {file: set(PYTHON_IMAGE.findall(file.read_text(encoding="utf-8"))) for file in files}
    [everywhere] = set().union(*images.values())
    assert images == {file: {everywhere} for file in files}


def test_redis_is_the_same_in_compose_and_in_the_sandbox_on_kubernetes() -> None:
    files = ("docker-compose.yml", "deploy/kubernetes/overlays/sandbox/redis.yaml")
    assert len({image for file in files for image in REDIS_IMAGE.findall(read(file))}) == 1


@pytest.mark.parametrize("folder", settings(".github/dependabot.yml")["updates"][1]["directories"])
def test_dependabot_looks_where_an_image_is_named(folder: str) -> None:
    files = [file for file in (ROOT / folder.strip("/")).iterdir() if file.is_file()]
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    assert re.search(r"^(?:FROM| *image:) \w+:\w", text, re.MULTILINE)


def test_the_workplace_brings_what_make_run_and_make_test_start_and_shows_their_ports() -> None:
    installed = read(".devcontainer/Dockerfile")
    assert all(program in installed for program in ("redis-server", "nginx", "chromium", "make"))
    text = re.sub(r"^ *//.*$", "", read(".devcontainer/devcontainer.json"), flags=re.MULTILINE)
    workplace = json.loads(text)
    assert workplace["forwardPorts"] == [8080, 8090]
    command = workplace["postCreateCommand"].removeprefix("make ")
    assert f"\n{command}:" in read("Makefile")
