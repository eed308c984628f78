"""What an intruder would find: no root, nothing to write to, no way further."""

import pytest

from tests.system.compose.project import Project, service_of

LASTING = ("nginx", "auth_service", "app_service", "redis", "webex_sandbox")
OURS = ("auth_service", "app_service", "webex_sandbox")


@pytest.mark.parametrize("service", LASTING)
def test_a_container_runs_without_root_without_capabilities_and_read_only(
    scaled: Project, service: str
) -> None:
    status = scaled.run_in(service, "cat", "/proc/1/status").stdout
    facts = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert "0" not in facts["Uid"].split()
    assert "0" not in facts["Gid"].split()
    assert {int(facts[name], 16) for name in ("CapPrm", "CapEff", "CapBnd", "CapAmb")} == {0}
    assert facts["NoNewPrivs"] == "1"
    for folder in ("/", "/srv", "/etc", "/usr/bin"):
        assert scaled.run_in(service, "touch", f"{folder}/x").returncode != 0, folder


def test_every_container_is_limited(scaled: Project) -> None:
    for container in scaled.containers():
        host = container["HostConfig"]
        assert host["ReadonlyRootfs"]
        assert not host["Privileged"]
        assert host["CapDrop"] == ["ALL"]
        assert "no-new-privileges:true" in host["SecurityOpt"]
        assert host["LogConfig"]["Config"].get("max-size")
        if service_of(container) in LASTING:
            assert host["Memory"] > 0
            assert host["PidsLimit"] > 0
            assert container["State"]["Health"]["Status"] == "healthy"


def test_only_nginx_and_the_sandbox_are_published_and_only_to_this_machine(scaled: Project) -> None:
    published = {
        service_of(container): {binding["HostIp"] for binding in bindings}
        for container in scaled.containers()
        for bindings in container["NetworkSettings"]["Ports"].values()
        if bindings
    }
    assert published == {"nginx": {"127.0.0.1"}, "webex_sandbox": {"127.0.0.1"}}


def test_redis_is_on_the_inner_network_only_and_nginx_is_not(scaled: Project) -> None:
    networks = {
        service_of(container): {name.rpartition("_")[2] for name in found}
        for container in scaled.containers()
        if (found := container["NetworkSettings"]["Networks"])
    }
    assert networks["redis"] == {"back"}
    assert networks["nginx"] == {"front"}
    assert scaled.run_in("nginx", "curl", "--max-time", "3", "redis:6379").returncode == 6


@pytest.mark.parametrize("service", OURS)
def test_nothing_that_installs_or_compiles_is_in_an_image(scaled: Project, service: str) -> None:
    for program in ("pip", "pip3", "gcc", "cc", "make", "git"):
        assert scaled.run_in(service, "sh", "-c", f"command -v {program}").returncode != 0, program
    assert scaled.run_in(service, "python", "-c", "import pip").returncode != 0
    assert scaled.run_in(service, "python", "-c", "import ensurepip").returncode != 0


@pytest.mark.parametrize("service", OURS)
def test_a_start_compiles_no_module(scaled: Project, service: str) -> None:
    """Not even of Python's own library: its image comes without compiled ones, and this one is read-only."""
    code = (
        f"import os, sys, {service}.app; specs = [m.__spec__ for m in sys.modules.values()]; "
        "print(*[s.name for s in specs if s and s.cached and not os.path.exists(s.cached)])"
    )
    imported = scaled.run_in(service, "python", "-c", code)
    assert (imported.returncode, imported.stdout.split()) == (0, [])


def test_a_service_holds_its_own_code_only(scaled: Project) -> None:
    for service in OURS:
        found = set(scaled.run_in(service, "ls", "/srv").stdout.split())
        assert found == ({service} if service == "webex_sandbox" else {service, "common"})


def test_only_auth_service_knows_the_client_secret(scaled: Project) -> None:
    knowing = {
        service_of(container)
        for container in scaled.containers()
        if any(entry.startswith("CLIENT_SECRET=") for entry in container["Config"]["Env"])
    }
    assert knowing == {"auth_service", "settings_check"}
