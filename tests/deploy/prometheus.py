"""A real Prometheus on loopback that scrapes a stack of ours."""

import json
import shutil
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import yaml

from harness.stack import Stack
from local_stack.child import Child
from local_stack.ports import HOST

FOLDER = Path(__file__).parents[2] / "deploy" / "prometheus"
LONGEST_SECONDS = 30.0


class Prometheus:
    """Started with the project's own configuration, but fixed addresses and a scrape each second."""

    def __init__(self, stack: Stack, port: int) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="prometheus-"))
        self.url = f"http://{HOST}:{port}"
        settings = yaml.safe_load((FOLDER / "prometheus.yml").read_text(encoding="utf-8"))
        settings["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
        for job in settings["scrape_configs"]:
            del job["dns_sd_configs"]
            ports = stack.ports.of(job["job_name"])
            job["static_configs"] = [{"targets": [f"{HOST}:{port}" for port in ports]}]
        (self._folder / "prometheus.yml").write_text(yaml.safe_dump(settings), encoding="utf-8")
        shutil.copy(FOLDER / "alerts.yml", self._folder)
        program = shutil.which("prometheus")
        options = f"--config.file={self._folder}/prometheus.yml --storage.tsdb.path={self._folder}"
        command = f"exec {program} {options}/data --web.listen-address={HOST}:{port}"
        self._child = Child("prometheus", command, {"PATH": "/usr/bin:/bin"})

    def __enter__(self) -> Self:
        self._child.start(subprocess.DEVNULL)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._child.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Run a query as Grafana does."""
        result: list[dict[str, Any]] = self._get("/api/v1/query", query=expression)["result"]
        return result

    def alerts(self) -> dict[str, str]:
        """The state of each alerting rule, and that Prometheus could evaluate it."""
        rules = [rule for group in self._get("/api/v1/rules")["groups"] for rule in group["rules"]]
        assert all(rule["health"] == "ok" for rule in rules), rules
        return {rule["name"]: rule["state"] for rule in rules}

    def wait_for(self, expression: str) -> None:
        """Wait until a query has an answer; AssertionError if it never has one."""
        deadline = time.monotonic() + LONGEST_SECONDS
        while not self._answers(expression):
            assert time.monotonic() < deadline, expression
            time.sleep(0.1)

    def _answers(self, expression: str) -> bool:
        try:
            return bool(self.query(expression))
        except OSError:
            return False

    def _get(self, path: str, **parameters: str) -> Any:
        url = f"{self.url}{path}?{urllib.parse.urlencode(parameters)}"
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own address
            body = json.load(answer)
        assert body["status"] == "success", body
        return body["data"]
