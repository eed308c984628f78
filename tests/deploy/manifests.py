"""The Kubernetes manifests, rendered as `kubectl apply -k` would."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

import pytest
import yaml

ROOT = Path(__file__).parents[2]
OVERLAYS = ("sandbox", "production")

Object = dict[str, Any]


class ComposeLoader(yaml.SafeLoader):
    """Knows Compose's own tags, which say how files are merged."""


def _keep(loader: yaml.SafeLoader, _: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    return None


ComposeLoader.add_multi_constructor("!", _keep)


@cache
def render(overlay: str) -> tuple[Object, ...]:
    """Return an overlay's objects; the test is skipped where there is no kubectl that can do it."""
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        absent("kubectl is not installed: the manifests are not rendered")
    folder = ROOT / "deploy" / "kubernetes" / "overlays" / overlay
    done = subprocess.run(
        [kubectl, "kustomize", str(folder)], capture_output=True, text=True, check=False
    )
    if "unknown field" in done.stderr or "unknown shorthand" in done.stderr:
        absent("kubectl is older than 1.21: it cannot read today's kustomization files")
    assert done.returncode == 0, done.stderr
    return tuple(yaml.safe_load_all(done.stdout))


def absent(reason: str) -> NoReturn:
    """Skip on a developer's machine; where a change is gated nothing goes unseen."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def find(overlay: str, kind: str, name: str) -> Object:
    """Return one object; a generated name counts without its hash."""
    return next(
        found
        for found in render(overlay)
        if found["kind"] == kind and re.fullmatch(rf"{name}(-[a-z0-9]{{10}})?", _name(found))
    )


def of_kind(overlay: str, kind: str) -> Iterator[Object]:
    return (found for found in render(overlay) if found["kind"] == kind)


def container(overlay: str, deployment: str) -> Object:
    pod = find(overlay, "Deployment", deployment)["spec"]["template"]["spec"]
    (only,) = pod["containers"]
    return dict(only)


def environment(overlay: str, deployment: str) -> dict[str, str]:
    """Return what the container is given; what comes from a Secret or the cluster is in braces."""
    variables: dict[str, str] = {}
    only = container(overlay, deployment)
    for source in only.get("envFrom", ()):
        variables |= find(overlay, "ConfigMap", _base(source["configMapRef"]["name"]))["data"]
    for entry in only.get("env", ()):
        if "value" in entry:
            variables[entry["name"]] = entry["value"]
        elif "configMapKeyRef" in entry["valueFrom"]:
            reference = entry["valueFrom"]["configMapKeyRef"]
            data = find(overlay, "ConfigMap", _base(reference["name"]))["data"]
            variables[entry["name"]] = data.get(reference["key"], "")
        else:
            variables[entry["name"]] = "{from elsewhere}"
    return variables


def compose(file: str = "docker-compose.yml") -> Object:
    text = (ROOT / file).read_text(encoding="utf-8")
    return dict(yaml.load(text, Loader=ComposeLoader))  # noqa: S506 - derived from the safe one


def _name(found: Object) -> str:
    return str(found["metadata"]["name"])


def _base(name: str) -> str:
    return re.sub(r"-[a-z0-9]{10}$", "", name)
