"""Settings: complete and consistent, or a refusal that lists every problem by name at once."""

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

import app_service.settings
import auth_service.settings
from common.settings.environment import SettingsError
from common.store.trouble import DEADLINE_SECONDS
from common.web.serve import SHUTDOWN_SECONDS

ROOT = Path(__file__).parents[2]
KEY = "insecure-key-of-the-tests-only-0123456789"
PRODUCTION_KEY = "rather-secret-0123456789abcdefghijklm"
SANDBOX = {"SESSION_KEYS": KEY, "SANDBOX_URL": "http://localhost:8090"}
REAL = {"SESSION_KEYS": PRODUCTION_KEY, "CLIENT_ID": "id", "CLIENT_SECRET": "secret"}
HTTPS = {**REAL, "PUBLIC_URL": "https://greetings.example"}


def auth(variables: Mapping[str, str], **changes: str) -> auth_service.settings.Settings:
    return auth_service.settings.Settings.read({**variables, **changes})


def app(variables: Mapping[str, str], **changes: str) -> app_service.settings.Settings:
    return app_service.settings.Settings.read({**variables, **changes})


def problems(variables: Mapping[str, str], **changes: str) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        auth(variables, **changes)
    return caught.value.problems


def test_the_sandbox_needs_nothing_but_a_key_and_its_address() -> None:
    settings = auth(SANDBOX)
    assert settings.public_url == "http://localhost:8080"
    assert settings.redirect_uri == "http://localhost:8080/oauth"
    assert settings.bind == "127.0.0.1:8081"
    assert settings.scopes == ("spark:people_read",)
    assert settings.webex.sandbox
    assert settings.webex.client_id == "insecure-sandbox-integration"
    assert settings.webex.authorize_url == "http://localhost:8090/v1/authorize"
    assert settings.webex.api_url == "http://localhost:8090/v1"
    assert settings.webex.revoke_url == "http://localhost:8090/idb/oauth2/v1/revoke"


def test_the_services_may_reach_the_sandbox_at_another_address_than_the_browser() -> None:
    webex = app(SANDBOX, SANDBOX_INTERNAL_URL="http://webex_sandbox:8090").webex
    assert webex.authorize_url == "http://localhost:8090/v1/authorize"
    assert webex.api_url == "http://webex_sandbox:8090/v1"
    assert webex.revoke_url == "http://webex_sandbox:8090/idb/oauth2/v1/revoke"


def test_a_client_id_means_webex_itself_and_the_sandbox_is_out_of_the_way() -> None:
    settings = auth(REAL, SANDBOX_URL="http://localhost:8090")
    assert not settings.webex.sandbox
    assert settings.webex.authorize_url == "https://webexapis.com/v1/authorize"
    assert settings.webex.api_url == "https://webexapis.com/v1"
    assert settings.webex.revoke_url == "https://idbroker.webex.com/idb/oauth2/v1/revoke"
    assert settings.client_secret == "secret"


def test_a_port_moves_the_whole_site() -> None:
    settings = auth(SANDBOX, PORT="9090")
    assert settings.public_url == "http://localhost:9090"
    assert settings.redirect_uri == "http://localhost:9090/oauth"


@pytest.mark.parametrize("bind", ["127.0.0.1:65536", "[::1]:99999"])
def test_a_port_that_there_is_not_is_refused_before_anything_listens(bind: str) -> None:
    assert problems(SANDBOX, BIND=bind) == ("BIND must be host:port",)


def test_every_problem_is_listed_at_once_by_the_name_of_its_variable() -> None:
    found = problems(
        {},
        PORT="eighty",
        BIND="nowhere",
        PUBLIC_URL="gopher://example",
        SESSION_KEYS="short",
        SESSION_IDLE_SECONDS="-1",
        SESSION_MAX_SECONDS="for ever",
        WEB_CONCURRENCY="0",
        WEBEX_TIMEOUT_SECONDS="0.5",
        LOG_LEVEL="loud",
        STATE="constant",
        REDIS_URL="localhost:6379",
        REDIRECT_URI="http://elsewhere.example/oauth",
    )
    names = {problem.split(" ")[0].rstrip(":") for problem in found}
    assert names == {
        "PORT", "BIND", "PUBLIC_URL", "SESSION_KEYS", "SESSION_IDLE_SECONDS", "SESSION_MAX_SECONDS",
        "WEB_CONCURRENCY", "WEBEX_TIMEOUT_SECONDS", "LOG_LEVEL", "STATE", "REDIS_URL",
        "REDIRECT_URI", "CLIENT_ID", "CLIENT_SECRET",
    }  # fmt: skip


def test_a_callback_of_two_calls_to_webex_ends_before_nginx_stops_waiting() -> None:
    service = (ROOT / "nginx" / "service.conf").read_text(encoding="utf-8")
    [patience] = re.findall(r"^proxy_read_timeout (\d+)s;", service, re.MULTILINE)
    longest = auth(SANDBOX, WEBEX_TIMEOUT_SECONDS="20").webex_timeout_seconds
    # What Redis is asked meanwhile: the used state, the session before, the list, the new session.
    assert 2 * longest + 4 * DEADLINE_SECONDS < int(patience)
    assert problems(SANDBOX, WEBEX_TIMEOUT_SECONDS="21") == (
        "WEBEX_TIMEOUT_SECONDS must be a whole number from 1 to 20",
    )


def test_so_does_one_of_three_calls() -> None:
    service = (ROOT / "nginx" / "service.conf").read_text(encoding="utf-8")
    [patience] = re.findall(r"^proxy_read_timeout (\d+)s;", service, re.MULTILINE)
    proof = {"SIGN_IN_MAX_AGE_SECONDS": "0"}
    longest = auth(SANDBOX, WEBEX_TIMEOUT_SECONDS="13", **proof).webex_timeout_seconds
    assert 3 * longest + 4 * DEADLINE_SECONDS < int(patience)
    [problem] = problems(SANDBOX, WEBEX_TIMEOUT_SECONDS="14", **proof)
    assert problem.startswith(
        "WEBEX_TIMEOUT_SECONDS must be at most 13 with SIGN_IN_MAX_AGE_SECONDS"
    )


def test_by_default_a_replica_that_is_stopped_finishes_a_callback_of_two_calls_to_webex() -> None:
    assert 2 * auth(SANDBOX).webex_timeout_seconds < SHUTDOWN_SECONDS


def test_no_problem_shows_a_value() -> None:
    found = problems(
        {}, SESSION_KEYS="too-short-secret", CLIENT_SECRET="a secret", REDIS_URL="a secret address"
    )
    assert not any("secret" in problem for problem in found)


def test_a_start_without_any_settings_names_what_is_needed() -> None:
    names = {problem.split(" ")[0] for problem in problems({})}
    assert names == {"SESSION_KEYS", "CLIENT_ID", "CLIENT_SECRET"}


def test_an_empty_variable_counts_as_unset() -> None:
    assert auth(SANDBOX, CLIENT_ID="", SCOPES="", PUBLIC_URL=" ") == auth(SANDBOX)


@pytest.mark.parametrize(("value", "reads"), [("", True), ("on", True), ("OFF", False)])
def test_keys_are_read_over_a_connection_of_their_own_unless_that_is_switched_off(
    value: str,
    reads: bool,  # noqa: FBT001
) -> None:
    assert auth(SANDBOX, REDIS_OWN_READER=value).redis_own_reader is reads
    assert app(SANDBOX, REDIS_OWN_READER=value).redis_own_reader is reads


def test_a_switch_that_is_neither_on_nor_off_is_named() -> None:
    assert problems(SANDBOX, REDIS_OWN_READER="yes") == ("REDIS_OWN_READER must be on or off",)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("CLIENT_SECERT", "CLIENT_SECRET"),
        ("CLIENTID", "CLIENT_ID"),
        ("SESSION_KEY", "SESSION_KEYS"),
        ("SESION_KEYS_FILE", "SESSION_KEYS_FILE"),
    ],
)
def test_a_misspelt_setting_is_pointed_at_when_the_right_one_is_missing(
    name: str, meant: str
) -> None:
    assert f"{name} is not a setting; did you mean {meant}?" in problems({name: "x"})


def test_a_name_that_only_resembles_a_setting_that_is_there_is_nobodys_business() -> None:
    assert auth(REAL, CLIENT_SECRETS="x") == auth(REAL)


def test_a_constant_state_is_refused_with_a_sentence() -> None:
    assert problems(SANDBOX, STATE="abc") == (
        "STATE must not be set: the state is random for every sign-in",
    )


def test_secrets_come_from_files_without_their_trailing_newline(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("from a file\n", encoding="utf-8")
    assert (
        auth(REAL, CLIENT_SECRET="", CLIENT_SECRET_FILE=str(secret)).client_secret == "from a file"
    )


def test_a_secret_from_an_editor_on_windows_is_the_secret_alone(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"\xef\xbb\xbffrom a file\r\n")
    assert (
        auth(REAL, CLIENT_SECRET="", CLIENT_SECRET_FILE=str(secret)).client_secret == "from a file"
    )


def test_a_secret_given_twice_or_in_an_unreadable_file_is_a_problem(tmp_path: Path) -> None:
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe\x00")
    assert problems(REAL, CLIENT_SECRET_FILE=str(binary)) == (
        "CLIENT_SECRET and CLIENT_SECRET_FILE are both set; keep one of them",
    )
    for path in (binary, tmp_path, tmp_path / "absent"):
        found = problems(REAL, CLIENT_SECRET="", CLIENT_SECRET_FILE=str(path))
        assert found[0].startswith("CLIENT_SECRET_FILE cannot be read")


@pytest.mark.parametrize(
    "ca",
    [
        "/run/secrets/ca.pem",
        "-----BEGIN CERTIFICATE-----\nbm8=\n-----END CERTIFICATE-----",
        "größer",
    ],
)
def test_what_is_no_certificate_is_not_left_for_redis_to_be_blamed(ca: str) -> None:
    assert problems(SANDBOX, REDIS_CA=ca) == ("REDIS_CA must be certificates (PEM)",)


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy"])
@pytest.mark.parametrize("proxy", ["socks5://proxy.example", "http://", "http://a:b@", "a b"])
def test_a_proxy_that_cannot_be_used_is_named_and_not_shown(name: str, proxy: str) -> None:
    assert problems(REAL, **{name: proxy}) == (
        "HTTPS_PROXY must be an address that starts with http:// or https://",
    )
    assert auth(SANDBOX, **{name: proxy}) == auth(SANDBOX)


def test_variables_of_the_whole_machine_are_no_slips_of_the_finger() -> None:
    assert auth(REAL, HTTP_PROXY="http://proxy.example") == auth(REAL)


def test_keys_are_separated_by_blanks_or_commas_newest_first() -> None:
    keys = auth(REAL, SESSION_KEYS=f"{PRODUCTION_KEY}, {KEY}").session_keys
    assert keys == (PRODUCTION_KEY, KEY)


def test_a_short_key_is_refused_even_beside_a_long_one() -> None:
    assert problems(SANDBOX, SESSION_KEYS=f"{KEY} short") == (
        "SESSION_KEYS: each key needs at least 32 characters",
    )


@pytest.mark.parametrize("key", [KEY, KEY.upper(), f"{PRODUCTION_KEY},{KEY}"])
def test_a_development_key_is_refused_with_an_https_site(key: str) -> None:
    (problem,) = problems(HTTPS, SESSION_KEYS=key)
    assert problem.startswith("SESSION_KEYS")
    assert "https" in problem


def test_the_sandbox_is_refused_behind_an_https_site() -> None:
    found = problems(HTTPS, CLIENT_ID="", SANDBOX_URL="http://localhost:8090")
    assert found[0].startswith("CLIENT_ID")
    assert "sandbox" in found[0]


@pytest.mark.parametrize(
    "url",
    [
        "http://greetings.example",
        "http://10.0.0.1:8080",
        "http://localhost.example",
        "http://[::2]",
    ],
)
def test_plain_http_is_refused_for_every_host_but_this_machine(url: str) -> None:
    (problem,) = problems(SANDBOX, PUBLIC_URL=url)
    assert problem.startswith("PUBLIC_URL must start with https://")


@pytest.mark.parametrize(
    "url", ["http://localhost:8080", "http://127.0.0.1:1", "http://[::1]:80", "http://a.localhost"]
)
def test_plain_http_is_allowed_on_this_machine(url: str) -> None:
    assert auth(SANDBOX, PUBLIC_URL=f"{url}/").public_url == url


@pytest.mark.parametrize(
    "url",
    [
        "https://greetings.example/path",
        "https://user:pw@greetings.example",
        "https://greetings.example?a=b",
        "https://greetings.example#a",
        "https://greetings.example:99999",
        "https://",
        "//greetings.example",
        "https://greet ings.example",
        "https://grüße.example",
        'https://greetings".example',
        "https://greetings.example;",
        "https://$host",
        "https://greetings.example,other.example",
        "https://[::1]greetings",
    ],
)
def test_a_public_url_that_is_more_or_less_than_a_host_is_refused(url: str) -> None:
    assert any("PUBLIC_URL" in problem for problem in problems(HTTPS, PUBLIC_URL=url))


@pytest.mark.parametrize(
    "uri",
    [
        "http://localhost:8080/callback",
        # Registered like this, Webex would know no other: it compares letter by letter.
        "http://localhost:8080/oauth/",
        "http://LOCALHOST:8080/oauth",
        "http://localhost:8080/oauth?",
        "oauth",
    ],
)
def test_a_redirect_uri_that_is_not_exactly_the_one_that_is_sent_is_refused(uri: str) -> None:
    (problem,) = problems(SANDBOX, REDIRECT_URI=uri)
    assert problem.startswith("REDIRECT_URI ")
    assert problem.endswith(": http://localhost:8080/oauth")


def test_the_redirect_uri_may_be_spelt_out() -> None:
    uri = "http://localhost:8080/oauth"
    assert auth(SANDBOX, REDIRECT_URI=uri).redirect_uri == uri


@pytest.mark.parametrize("name", ["WEBEX_API_URL", "WEBEX_REVOKE_URL"])
def test_tokens_never_travel_to_another_machine_in_clear(name: str) -> None:
    (problem,) = problems(REAL, **{name: "http://webex.example/v1"})
    assert problem.startswith(name)


def test_more_scopes_than_a_cookie_can_hold_are_refused() -> None:
    many = " ".join(f"spark:{number}_read" for number in range(200))
    for name in ("SCOPES", "SCOPES_MAX"):
        (problem,) = problems(SANDBOX, **{name: many})
        assert problem.startswith("SCOPES and SCOPES_MAX are too long")


def test_scopes_that_are_always_asked_may_be_asked() -> None:
    settings = auth(SANDBOX, SCOPES="spark:people_read spark:all", SCOPES_MAX="spark:rooms_read")
    assert settings.scopes_max == ("spark:people_read", "spark:all", "spark:rooms_read")


@pytest.mark.parametrize(
    ("variables", "level"),
    [
        ({}, "info"),
        ({"DEBUG": "oauth*"}, "debug"),
        ({"DEBUG": "express*"}, "info"),
        ({"LOG_LEVEL": "WARNING"}, "warning"),
        ({"LOG_LEVEL": "error", "DEBUG": "oauth*"}, "error"),
    ],
)
def test_the_ancestors_debug_variable_sets_the_log_level(
    variables: Mapping[str, str], level: str
) -> None:
    assert auth({**SANDBOX, **variables}).log_level == level


def test_settings_do_not_print_their_secrets() -> None:
    shown = repr(auth(REAL, REDIS_PASSWORD="of-redis", REDIS_URL="redis://a:hidden@localhost"))
    for secret in (PRODUCTION_KEY, "'secret'", "of-redis", "hidden"):
        assert secret not in shown


@pytest.mark.parametrize("service", ["auth_service", "app_service"])
def test_a_service_with_wrong_settings_exits_with_2_and_says_them_all(service: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", service, "check"],
        env={"PORT": "0", "LOG_LEVEL": "loud"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    for name in ("PORT", "LOG_LEVEL", "SESSION_KEYS", "CLIENT_ID"):
        assert f"  - {name} " in done.stderr
    assert "Traceback" not in done.stderr


def check(**variables: str) -> subprocess.CompletedProcess[str]:
    """What runs before anything else starts, with `make run` and in the containers."""
    return subprocess.run(
        [sys.executable, "-m", "auth_service", "check"],
        env={**SANDBOX, **variables},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_check_of_right_settings_says_nothing() -> None:
    done = check(SIGN_IN_RATE="30r/m", SIGN_IN_BURST="1")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("rate", "burst"), [("10", "0"), ("0r/s", "-1"), ("10r/h", "many"), ("1.5r/s", "9" * 5000)]
)
def test_a_limit_that_nginx_cannot_take_is_named(rate: str, burst: str) -> None:
    """Nginx alone would end with a message that names no setting."""
    done = check(SIGN_IN_RATE=rate, SIGN_IN_BURST=burst)
    assert done.returncode == 2
    assert "  - SIGN_IN_RATE must be " in done.stderr
    assert "  - SIGN_IN_BURST must be " in done.stderr


def test_the_check_before_the_containers_is_told_what_nginx_is_told() -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    limits = {"SIGN_IN_RATE", "SIGN_IN_BURST", "CONNECTIONS_PER_ADDRESS"}
    assert limits <= services["nginx"]["environment"].keys()
    assert limits <= services["settings_check"]["environment"].keys()


@pytest.mark.parametrize("service", ["auth_service", "app_service"])
@pytest.mark.parametrize("command", ["chek", "--help", "serve now", "check-redis now"])
def test_a_command_that_there_is_not_starts_no_server(service: str, command: str) -> None:
    """A container whose check was misspelt would never end, and what waits for it never start."""
    done = subprocess.run(
        [sys.executable, "-m", service, *command.split()],
        # No address of this machine, in case that one does start.
        env={**SANDBOX, "BIND": "192.0.2.1:1"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    [sentence] = done.stderr.splitlines()
    for known in ("serve", "check", "check-redis"):
        assert f"python -m {service} {known}" in sentence
