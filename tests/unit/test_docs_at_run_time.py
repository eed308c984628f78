"""What README.md and docs/ name of the running system is there: addresses, metrics, events, pictures.

For files, links and make targets see test_docs, for settings test_settings_table, for the code that a
reader is to type test_readme_step_3 and test_your_own_logic.
"""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from aiohttp import web
from prometheus_client import REGISTRY

import app_service.routes
import app_service.space_routes
import auth_service.metrics
import auth_service.routes
import common.telemetry.metrics
import webex_sandbox.routes
from common.web import app as health
from common.web.bodies import STREAMED
from webex_sandbox.people import DEMO_PEOPLE

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix() for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"))
)
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE_CODE = re.compile(r"`([^`\n]+)`")
ADDRESS = re.compile(r"(?:(?:GET|POST|PUT|PATCH|DELETE) )?(/[^\s?#]*)(?:\?\S*)?")
LOCALHOST = re.compile(r"http://localhost:(?:8080|9090|8090)([\w/]*)")
SNAKE = re.compile(r"[a-z]+(?:_[a-z0-9]+)+")
METRIC = re.compile(r"[a-z_]+_(?:total|seconds)(?:_(?:bucket|count|sum))?")
MODULE = re.compile(r"\bpython3? -m ([a-z_.]+)((?: [a-z][a-z-]*(?![\w.-]))*)")
COMPOSE_FILE = re.compile(r" -f (\S+\.yml)")
OF_COMPOSE = re.compile(r"(?:exec|kill -s HUP|--scale) ([a-z_]+)")
SCALED = re.compile(r"--scale ([a-z_]+)=")
PATH = re.compile(r"(?<![\w./-])((?:deploy|docs|bench|tests|redis)/[\w./-]+)")
ADDED = re.compile(r'add_(?:get|post)\("([^"]+)"')
# Not ours: a command for the sandbox's bot, and what a Linux machine has.
ELSEWHERE = {"/next", "/proc", "/dev/shm"}  # noqa: S108
# What nginx answers by itself, and the form that all of /api has.
OF_NGINX = {"/static/", "/healthz"}
# Prometheus' own page, from the lab in which no browser test runs.
OTHERS_PICTURES = {"prometheus.png"}
# Where each of them is run by a test, as a person runs it.
RUN_BY = {
    "make run": ("tests/system/make_run.py", '["make", "run"]'),
    "docker compose up": ("tests/system/compose/project.py", 'self.compose("up"'),
    "make test": (".ci/run", "make test"),
}


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def inline(document: str) -> list[str]:
    """The code in a document's sentences and tables."""
    return INLINE_CODE.findall(FENCE.sub("", read(document)))


def typed(document: str) -> list[str]:
    """The lines of a document's blocks that are for a shell, without comments."""
    blocks = [text for kind, text in FENCE.findall(read(document)) if kind in ("", "sh")]
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [line.split("  #")[0].strip() for line in lines]


def code() -> str:
    folders = ("app_service", "auth_service", "common", "local_stack", "webex_sandbox")
    files = [file for folder in folders for file in (ROOT / folder).rglob("*.py")]
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


def served_by(set_up: Callable[[web.Application], None]) -> set[str]:
    app = web.Application()
    app[STREAMED] = set()
    set_up(app)
    return {re.sub(r"\{.*?\}+", "{}", one.canonical) for one in app.router.resources()}


def set_up_health(app: web.Application) -> None:
    for path in ("healthz", "readyz", "metrics"):
        app.router.add_get(f"/{path}", getattr(health, path))


def addresses() -> set[str]:
    """Every path that anything of ours answers; the sandbox's API also without its version."""
    sandbox = served_by(webex_sandbox.routes.set_up)
    api = {path.removeprefix("/v1") for path in sandbox if path.startswith("/v1/")}
    services = (
        *(app_service.routes.setup_routes, app_service.space_routes.setup_space_routes),
        *(auth_service.routes.setup_routes, set_up_health),
    )
    return {*sandbox, *api, *OF_NGINX}.union(*map(served_by, services))


def is_answered(address: str, known: set[str]) -> bool:
    """Whether it is an address, or the folder of some."""
    path = re.sub(r"\{.*?\}|…", "{}", address)
    if path in known:
        return True
    folder = path.removesuffix("{}").rstrip("/") + "/"
    return folder != "/" and any(one.startswith(folder) for one in known)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_address_that_a_document_names_is_answered(document: str) -> None:
    known = {*addresses(), *ADDED.findall(read(document))}
    named = {match[1] for one in inline(document) if (match := ADDRESS.fullmatch(one))}
    named |= {path for path in LOCALHOST.findall(read(document)) if path}
    assert {one for one in named - ELSEWHERE if not is_answered(one, known)} == set()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_metric_that_a_document_names_is_counted(document: str) -> None:
    assert common.telemetry.metrics.REQUESTS
    assert auth_service.metrics.SIGN_INS
    counted = {sample.name for metric in REGISTRY.collect() for sample in metric.samples}
    counted |= {metric.name for metric in REGISTRY.collect()}
    named = {one for one in inline(document) if METRIC.fullmatch(one)}
    assert {one for one in named if one not in counted and f"{one}_count" not in counted} == set()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_other_name_that_a_document_quotes_stands_in_the_code(document: str) -> None:
    """Log events, outcomes, fields: whoever searches for one finds where it comes from."""
    everything = code() + read("docker-compose.yml") + read("deploy/docker-compose.scale.yml")
    named = {one for one in inline(document) if SNAKE.fullmatch(one) and not METRIC.fullmatch(one)}
    assert {one for one in named if not re.search(rf"\b{one}\b", everything)} == set()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_module_that_a_document_runs_takes_these_words(document: str) -> None:
    commands = "\n".join([*inline(document), *typed(document)])
    for module, words in MODULE.findall(commands):
        if module == "pytest":
            continue
        package = ROOT / module.replace(".", "/")
        files = list(package.rglob("*.py")) or [package.with_suffix(".py")]
        taken = "".join(file.read_text(encoding="utf-8") for file in files)
        assert '__name__ == "__main__"' in taken, module
        assert [word for word in words.split() if f'"{word}"' not in taken] == [], module


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_container_and_file_that_a_command_names_is_there(document: str) -> None:
    commands = "\n".join([*inline(document), *typed(document)])
    services = set(re.findall(r"^  ([a-z_]+):$", read("docker-compose.yml"), re.MULTILINE))
    assert set(OF_COMPOSE.findall(commands)) | set(SCALED.findall(commands)) <= services
    made = {match[1] for match in re.finditer(r"^New file `([^`]+)`", read(document), re.MULTILINE)}
    paths = {path.rstrip(".,:") for path in PATH.findall("\n".join(typed(document)))}
    paths |= set(COMPOSE_FILE.findall(commands))
    assert {path for path in paths - made if not (ROOT / path).exists()} == set()


def test_every_command_in_a_block_of_the_readme_is_run_by_a_test() -> None:
    commands = {line for line in typed("README.md") if line.startswith(("make ", "docker "))}
    assert commands == set(RUN_BY)
    for place, text in RUN_BY.values():
        assert text in read(place), place


def test_every_picture_is_made_by_a_browser_test_of_this_name() -> None:
    tests = "\n".join(file.read_text(encoding="utf-8") for file in ROOT.glob("tests/browser/*.py"))
    pictures = {file.name for file in ROOT.glob("docs/img/*.png")} - OTHERS_PICTURES
    assert {name for name in pictures if f'"{name.removesuffix(".png")}"' not in tests} == set()


def test_every_diagram_of_the_benchmark_is_made_by_it() -> None:
    makes = read("bench/report.py")
    diagrams = [file.stem.removeprefix("bench-") for file in ROOT.glob("docs/img/bench-*.svg")]
    assert [name for name in diagrams if f'"{name}"' not in makes] == []


def test_the_walk_of_a_request_can_be_read_in_an_hour() -> None:
    chapter = read("docs/architecture.md").split("## The walk of a request")[1]
    walk = chapter.split("The other half is auth_service")[0]
    assert "fewer than 3 000 lines" in walk
    files = {path for path in INLINE_CODE.findall(walk) if "/" in path and "." in path}
    lines = sum(len(read(path).splitlines()) for path in files)
    assert 2_000 < lines < 3_000


def test_every_address_that_a_document_tells_to_type_is_somebody_in_the_sandbox() -> None:
    told = read("docs/register-an-integration.md").split("3. Type ")[1].partition("\n")[0]
    names = {name.partition("@")[0] for name in re.findall(r"`([^`]+)`", told)}
    assert {f"{name}@example.com" for name in names} == {person.email for person in DEMO_PEOPLE}
