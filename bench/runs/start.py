"""W8: from nothing to the first page, and the size of the images."""

import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass

from bench.peers.kinds import Kind
from bench.results import Results
from bench.tools.installed import services_python
from bench.tools.site import Bench, NotStarted
from harness.stack import Stack, free_ports_in_a_row
from local_stack.layout import REPOSITORY
from local_stack.readiness import answers

OURS = "this system"
PROJECT = "bench-images"
BASES = {"auth_service": "python:3.13-slim", "app_service": "python:3.13-slim"}
MEGABYTE = 1_000_000


@dataclass
class StartRun:
    results: Results
    repeats: int

    def starts(self, bench: Bench, kinds: Sequence[Kind]) -> None:
        for repeat in range(self.repeats):
            self._everything()
            self._one_service(bench, "app_service")
            for kind in kinds:
                self._peer(bench, kind, repeat)

    def images(self) -> None:
        """Build our images and say how large they are, if a Docker engine answers."""
        why = self._no_engine() or self._build()
        if why:
            self.results.not_measured("W8 images", OURS, why)
            print(f"  W8 images: not measured: {why}", flush=True)
            return
        for service, base in BASES.items():
            whole, beneath = _size(f"{PROJECT}-{service}"), _size(base)
            self.results.add(
                *("W8 images", "", f"{OURS}, {service}"),
                megabytes=whole / MEGABYTE,
                above_base=(whole - beneath) / MEGABYTE,
            )
            print(
                f"  W8 image of {service}: {whole / MEGABYTE:.0f} MB, "
                f"{(whole - beneath) / MEGABYTE:.0f} MB above {base}",
                flush=True,
            )

    def _everything(self) -> None:
        began = time.perf_counter()
        with Stack(python=services_python()):
            self._took(f"{OURS}: Redis, both services, sandbox, nginx", began)

    def _one_service(self, bench: Bench, name: str) -> None:
        process, port = bench.stack.process(name), bench.stack.ports.of(name)[0]
        process.stop()
        began = time.perf_counter()
        process.start()
        while not answers(port, "/"):
            time.sleep(0.005)
        self._took(f"{OURS}: {name} alone", began)

    def _peer(self, bench: Bench, kind: Kind, repeat: int) -> None:
        port = free_ports_in_a_row(1)[0]
        name = f"start-of-{kind.name}.{repeat}"
        began = time.perf_counter()
        try:
            bench.start_replica(kind, name, port, door_port=port)
        except NotStarted as reason:
            self.results.not_measured("W8", kind.label, str(reason))
            return
        self._took(kind.label, began)
        bench.running.child(name).stop()

    def _took(self, label: str, began: float) -> None:
        seconds = time.perf_counter() - began
        self.results.add("W8", "", label, seconds=seconds)
        print(f"  W8 {label:52} first page after {seconds:.2f} s", flush=True)

    @staticmethod
    def _no_engine() -> str | None:
        if shutil.which("docker") is None:
            return "there is no docker on this machine"
        return None if _docker("info", "--format", "{{.ID}}") else "no Docker engine answers"

    @staticmethod
    def _build() -> str | None:
        compose = ("compose", "--project-name", PROJECT, "--file", "docker-compose.yml")
        built = _docker(*compose, "build", "--quiet", *BASES)
        return None if built is not None else "the images could not be built"


def _size(image: str) -> int:
    return int(_docker("image", "inspect", "--format", "{{.Size}}", image) or 0)


def _docker(*arguments: str) -> str | None:
    finished = subprocess.run(  # noqa: S603
        ["docker", *arguments],  # noqa: S607
        check=False,
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
    )
    return (finished.stdout.strip() or "done") if finished.returncode == 0 else None
