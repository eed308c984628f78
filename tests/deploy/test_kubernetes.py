"""The Kubernetes manifests are valid, closed, and say the same as the compose files and the code."""

import re
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path

import kubernetes_validate
import pytest

from app_service.settings import Settings as AppSettings
from auth_service.settings import Settings as AuthSettings
from common.settings.environment import Environment
from common.web.serve import SHUTDOWN_SECONDS
from tests.deploy import manifests
from tests.deploy.manifests import OVERLAYS, ROOT, Object

SERVICES = {"auth-service": "auth_service", "app-service": "app_service"}
SETTINGS: Mapping[str, type[AuthSettings | AppSettings]] = {
    "auth-service": AuthSettings,
    "app-service": AppSettings,
}
ROOMS = {**SERVICES, "nginx": "nginx"}
UNITS = {"M": 1024**2, "Mi": 1024**2, "G": 1024**3, "Gi": 1024**3}

overlays = pytest.mark.parametrize("overlay", OVERLAYS)
services = pytest.mark.parametrize("name", SERVICES)
rooms = pytest.mark.parametrize("name", ROOMS)


def dockerfile(room: str, instruction: str) -> str:
    text = (ROOT / ROOMS[room] / "Dockerfile").read_text(encoding="utf-8")
    return str(re.findall(rf"^{instruction} (.+)$", text, re.MULTILINE)[-1])


def pod(overlay: str, name: str) -> Object:
    return dict(manifests.find(overlay, "Deployment", name)["spec"]["template"]["spec"])


def in_bytes(amount: str) -> int:
    """Compose means powers of 1024 by M and G, Kubernetes by Mi and Gi."""
    match = re.fullmatch(r"(\d+)(\w+)", amount)
    assert match, amount
    return int(match[1]) * UNITS[match[2]]


def pods(overlay: str) -> Iterator[Object]:
    for deployment in manifests.of_kind(overlay, "Deployment"):
        yield deployment["spec"]["template"]["spec"]


@overlays
def test_every_object_is_valid_for_the_api(overlay: str) -> None:
    for found in manifests.render(overlay):
        kubernetes_validate.validate(found, kubernetes_validate.latest_version(), strict=True)


@overlays
def test_every_pod_keeps_the_restricted_standard(overlay: str) -> None:
    """Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/."""
    for found in pods(overlay):
        security = found["securityContext"]
        assert security["runAsNonRoot"] is True
        assert security["runAsUser"] > 0
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}
        assert found["automountServiceAccountToken"] is False
        for only in found["containers"]:
            assert only["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }


@overlays
@services
def test_a_service_is_given_nothing_that_it_does_not_read(overlay: str, name: str) -> None:
    env = Environment({"CLIENT_ID": "id", "CLIENT_SECRET": "secret", "SESSION_KEYS": "k" * 32})
    SETTINGS[name].from_environment(env)
    sandboxes = {"SANDBOX_URL", "SANDBOX_INTERNAL_URL"}
    given = {key.removesuffix("_FILE") for key in manifests.environment(overlay, name)}
    # The one ConfigMap is read by the door, too.
    assert given - {"TRUSTED_PROXIES"} <= env.asked | sandboxes


@overlays
@services
def test_a_service_would_start_with_what_it_is_given(
    overlay: str, name: str, tmp_path: Path
) -> None:
    variables = manifests.environment(overlay, name)
    for key, value in variables.items():
        if key.endswith("_FILE"):
            file = tmp_path / Path(value).name
            file.write_text("x" * 32, encoding="utf-8")
            variables[key] = str(file)
    settings = SETTINGS[name].read(variables)
    assert settings.webex.sandbox is (overlay == "sandbox")
    assert settings.https is (overlay == "production")


@services
def test_every_secret_file_is_mounted(name: str) -> None:
    mounted = {
        f"/run/secrets/{item['path']}"
        for volume in pod("production", name)["volumes"]
        if volume["name"] == "secrets"
        for item in volume["secret"]["items"]
    }
    variables = manifests.environment("production", name)
    assert {value for key, value in variables.items() if key.endswith("_FILE")} == mounted


@services
def test_what_the_compose_file_sets_is_set_here_too(name: str) -> None:
    given: Mapping[str, str] = manifests.compose()["services"][SERVICES[name]]["environment"]
    fixed = {key for key, value in given.items() if not re.fullmatch(r"\$\{\w+:-\}", str(value))}
    here = manifests.environment("production", name)
    # PORT makes the default of PUBLIC_URL, which is given here; a _FILE is here where a secret is.
    wanted = {key for key in fixed - {"PORT"} if not key.endswith("_FILE")}
    assert wanted <= set(here)
    assert here["REDIS_USERNAME"] == given["REDIS_USERNAME"]


def test_secrets_are_referred_to_and_never_written_down() -> None:
    assert list(manifests.of_kind("production", "Secret")) == []
    example = (ROOT / "deploy/kubernetes/overlays/production/secrets.example.yaml").read_text()
    for name in SERVICES:
        for volume in pod("production", name)["volumes"]:
            for item in volume.get("secret", {}).get("items", ()):
                assert f"{item['key']}: " in example


@rooms
def test_ports_users_and_limits_are_those_of_the_containers(name: str) -> None:
    only = manifests.container("production", name)
    (port,) = [each["containerPort"] for each in only["ports"]]
    security = pod("production", name)["securityContext"]
    assert str(port) == dockerfile(name, "EXPOSE")
    assert f"{security['runAsUser']}:{security['runAsGroup']}" == dockerfile(name, "USER")
    there = manifests.compose()["services"][ROOMS[name]]["deploy"]["resources"]["limits"]
    limit = only["resources"]["limits"]["memory"]
    assert in_bytes(limit) == in_bytes(there["memory"])


@rooms
def test_a_replica_may_finish_as_long_as_in_the_compose_file(name: str) -> None:
    (pause,) = manifests.container("production", name)["lifecycle"]["preStop"]["exec"]["command"][
        1:
    ]
    seconds = pod("production", name)["terminationGracePeriodSeconds"]
    assert seconds == int(pause) + grace_in_compose(name)


def grace_in_compose(room: str) -> int:
    """How many seconds a container has between the stop signal and the end of all patience."""
    grace: str = manifests.compose()["services"][ROOMS[room]]["stop_grace_period"]
    return int(grace.removesuffix("s"))


def test_the_door_at_rest_needs_little_of_its_memory_however_large_the_machine_is() -> None:
    text = (ROOT / "nginx" / "nginx.conf").read_text(encoding="utf-8")
    [workers] = re.findall(r"^worker_processes (\d+);", text, re.MULTILINE)
    limit = manifests.container("production", "nginx")["resources"]["limits"]["memory"]
    assert int(workers) * in_bytes("4Mi") < in_bytes(limit) / 8


def test_the_door_ends_by_itself_and_not_before_a_request_that_a_service_may_finish() -> None:
    text = (ROOT / "nginx" / "nginx.conf").read_text(encoding="utf-8")
    [cut] = re.findall(r"^worker_shutdown_timeout (\d+)s;", text, re.MULTILINE)
    assert SHUTDOWN_SECONDS < int(cut) < grace_in_compose("nginx")


@services
def test_probes_ask_what_the_service_answers(name: str) -> None:
    only = manifests.container("production", name)
    health = (ROOT / "common/web/app.py").read_text(encoding="utf-8")
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        path = only[probe]["httpGet"]["path"]
        assert f'add_get("{path}"' in health
    # Redis is away from all replicas at once: none of them may be taken out or ended for it.
    assert only["readinessProbe"]["httpGet"]["path"] == "/healthz"
    assert only["livenessProbe"]["httpGet"]["path"] == "/healthz"


def test_the_door_is_given_variables_that_its_image_knows() -> None:
    text = (ROOT / "nginx/Dockerfile").read_text(encoding="utf-8")
    known = {*re.findall(r"^(?:ENV|   ) ?(\w+)=", text, re.MULTILINE), "TRUSTED_PROXIES"}
    given = manifests.environment("production", "nginx")
    assert set(given) - {"NAMESPACE"} <= known
    for key, name in (("AUTH_UPSTREAM", "auth-service"), ("APP_UPSTREAM", "app-service")):
        service = manifests.find("production", "Service", name)
        port = service["spec"]["ports"][0]["port"]
        assert given[key] == f"{name}.$(NAMESPACE).svc.cluster.local:{port}"
        # One address per replica: otherwise a kept connection would always lead to the same one.
        assert service["spec"]["clusterIP"] == "None"


@overlays
def test_every_selector_finds_something(overlay: str) -> None:
    labels = [
        deployment["spec"]["template"]["metadata"]["labels"]
        for deployment in manifests.of_kind(overlay, "Deployment")
    ]
    selectors = [
        *(found["spec"]["selector"] for found in manifests.of_kind(overlay, "Service")),
        *(
            found["spec"]["selector"]["matchLabels"]
            for found in manifests.of_kind(overlay, "PodDisruptionBudget")
        ),
    ]
    for selector in selectors:
        assert any(selector.items() <= each.items() for each in labels), selector


@rooms
def test_every_room_scales_and_survives_a_drained_node(name: str) -> None:
    scaler = manifests.find("production", "HorizontalPodAutoscaler", name)
    assert scaler["spec"]["minReplicas"] >= 2
    # A fixed number here would fight with the scaler at every apply.
    assert "replicas" not in manifests.find("production", "Deployment", name)["spec"]
    assert manifests.find("production", "PodDisruptionBudget", name)["spec"]["maxUnavailable"] == 1
    update = manifests.find("production", "Deployment", name)["spec"]["strategy"]["rollingUpdate"]
    assert update == {"maxSurge": 1, "maxUnavailable": 0}
    spread = {each["topologyKey"] for each in pod("production", name)["topologySpreadConstraints"]}
    assert spread == {"topology.kubernetes.io/zone", "kubernetes.io/hostname"}


@rooms
def test_only_the_door_is_open_to_everybody(name: str) -> None:
    ingress = manifests.find("production", "NetworkPolicy", name)["spec"]["ingress"]
    assert all(("from" in rule) is (name != "nginx") for rule in ingress)


def test_the_one_way_in_leads_to_the_door() -> None:
    (ingress,) = manifests.of_kind("production", "Ingress")
    (rule,) = ingress["spec"]["rules"]
    backends = [path["backend"]["service"]["name"] for path in rule["http"]["paths"]]
    assert backends == ["nginx"]
    public_url = manifests.environment("production", "nginx")["PUBLIC_URL"]
    assert public_url == f"https://{rule['host']}"


def test_the_sandboxs_redis_has_the_users_of_every_redis() -> None:
    users = (ROOT / "deploy/kubernetes/overlays/sandbox/users.acl").read_text(encoding="utf-8")
    template = (ROOT / "redis/users.acl.template").read_text(encoding="utf-8")
    secrets = {
        "AUTH_REDIS_PASSWORD": "insecure-auth-redis-password",
        "APP_REDIS_PASSWORD": "insecure-app-redis-password",
    }
    for name, secret in secrets.items():
        template = template.replace(f"${{{name}_SHA256}}", sha256(secret.encode()).hexdigest())
    assert users == template.replace("${ADMIN_REDIS_LOGIN}", "off"), "write users.acl anew"
