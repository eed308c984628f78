"""Every alert rings for what it is for, and for nothing less: promtool plays the numbers."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool is not installed (make deploy-test)"
)

ALERTS = Path(__file__).parents[2] / "deploy" / "prometheus" / "alerts.yml"
UP = {'up{job="auth_service",instance="a"}': "1x60", 'up{job="app_service",instance="b"}': "1x60"}

Series = dict[str, str]

# A number that grows by so much each minute is written 0+Nx60. First what rings, then what does not.
CASES: dict[str, tuple[Series, Series]] = {
    "AServiceIsDown": ({'up{job="app_service",instance="b"}': "0x60"}, {}),
    "ReplicasAreDown": (
        {'up{job="app_service",instance="c"}': "0x60"},
        {'up{job="app_service",instance="c"}': "1x60"},
    ),
    "RedisFails": ({"redis_failures_total": "0+60x60"}, {"redis_failures_total": "0+6x60"}),
    "RedisIsSlow": (
        {
            'redis_command_seconds_bucket{le="0.1"}': "0+90x60",
            'redis_command_seconds_bucket{le="0.25"}': "0+100x60",
            'redis_command_seconds_bucket{le="+Inf"}': "0+100x60",
        },
        {
            'redis_command_seconds_bucket{le="0.1"}': "0+100x60",
            'redis_command_seconds_bucket{le="+Inf"}': "0+100x60",
        },
    ),
    "SignInsFail": (
        {
            'oauth_sign_ins_total{outcome="signed_in"}': "0+80x60",
            'oauth_sign_ins_total{outcome="webex_slow"}': "0+20x60",
        },
        {
            'oauth_sign_ins_total{outcome="signed_in"}': "0+80x60",
            'oauth_sign_ins_total{outcome="declined"}': "0+900x60",
            'oauth_sign_ins_total{outcome="foreign_sign_in"}': "0+900x60",
        },
    ),
    "TheClientSecretIsRefused": (
        {'oauth_refreshes_total{outcome="refresh_misconfigured"}': "0+1x60"},
        {'oauth_sign_ins_total{outcome="exchange_400"}': "0+1x60"},
    ),
    "PeopleAreSignedOut": (
        {
            'oauth_refreshes_total{outcome="renewed"}': "0+1x60",
            'oauth_refreshes_total{outcome="session_ended"}': "0+6x60",
        },
        {
            'session_reads_total{result="found"}': "0+100x60",
            'oauth_refreshes_total{outcome="renewed"}': "0+60x60",
            'oauth_refreshes_total{outcome="session_ended"}': "0+6x60",
        },
    ),
    "RefreshesFail": (
        {
            'oauth_refreshes_total{outcome="renewed"}': "0+6x60",
            'oauth_refreshes_total{outcome="refresh_failed"}': "0+6x60",
        },
        {
            'oauth_refreshes_total{outcome="renewed"}': "0+6x60",
            'oauth_refreshes_total{outcome="session_ended"}': "0+6x60",
        },
    ),
    "WebexFails": (
        {'webex_request_seconds_count{endpoint="people",outcome="WebexSlow"}': "0+6x60"},
        {'webex_request_seconds_count{endpoint="people",outcome="4xx"}': "0+6x60"},
    ),
    "WebexAsksForPatience": (
        {'webex_request_seconds_count{endpoint="messages",outcome="429"}': "0+60x60"},
        {'webex_request_seconds_count{endpoint="messages",outcome="2xx"}': "0+60x60"},
    ),
    "OurOwnMistakes": (
        {'unforeseen_failures_total{job="app_service"}': "0+1x60"},
        {'unforeseen_failures_total{job="app_service"}': "1x60"},
    ),
    "PagesAreSlow": (
        {
            'http_request_seconds_bucket{job="app_service",route="/",le="1.0"}': "0+50x60",
            'http_request_seconds_bucket{job="app_service",route="/",le="5.0"}': "0+60x60",
            'http_request_seconds_bucket{job="app_service",route="/",le="+Inf"}': "0+60x60",
        },
        {
            'http_request_seconds_bucket{job="app_service",route="/",le="1.0"}': "0+60x60",
            'http_request_seconds_bucket{job="app_service",route="/",le="+Inf"}': "0+60x60",
        },
    ),
}


def firing(series: Series, folder: Path) -> set[str]:
    """Return the alerts that ring after 50 minutes of these numbers."""
    text = told(series, folder, 'count by (alertname) (ALERTS{alertstate="firing"})')
    return set(re.findall(r'alertname="(\w+)"', text))


def told(series: Series, folder: Path, question: str) -> str:
    """What Prometheus answers after 50 minutes of these numbers, as text."""
    test = {
        "rule_files": [str(ALERTS)],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": [
                    {"series": name, "values": values} for name, values in (UP | series).items()
                ],
                # Promtool has no way to ask; it tells what there is where something else is expected.
                "promql_expr_test": [
                    {
                        "expr": question,
                        "eval_time": "50m",
                        "exp_samples": [{"labels": '{alertname="nothing"}', "value": 0}],
                    }
                ],
            }
        ],
    }
    file = folder / "test.yml"
    file.write_text(yaml.safe_dump(test), encoding="utf-8")
    answer = subprocess.run(
        ["promtool", "test", "rules", str(file)], capture_output=True, text=True, check=False
    )
    text = answer.stdout + answer.stderr
    assert "got:" in text, text
    return text.partition("got:")[2]


def test_every_alert_has_a_case() -> None:
    groups = yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"]
    assert {rule["alert"] for group in groups for rule in group["rules"]} == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_an_alert_rings_for_what_it_is_for(name: str, tmp_path: Path) -> None:
    assert name in firing(CASES[name][0], tmp_path)


@pytest.mark.parametrize("name", CASES)
def test_an_alert_does_not_ring_for_less(name: str, tmp_path: Path) -> None:
    assert name not in firing(CASES[name][1], tmp_path)


# As often as somebody likes who has a browser, and no session.
OF_STRANGERS: Series = {
    'oauth_sign_ins_total{outcome="signed_in"}': "0+1x60",
    **{
        f'oauth_sign_ins_total{{outcome="{outcome}"}}': "0+6000x60"
        for outcome in (
            *("declined", "cookies_blocked", "foreign_sign_in", "expired_sign_in", "used_sign_in"),
            *("malformed_callback", "invalid_scope", "server_error", "login_required"),
            *("authorization_failed", "exchange_400", "newer_record"),
        )
    },
    'session_reads_total{result="found"}': "0+60x60",
    'session_reads_total{result="absent"}': "0+6000x60",
    'webex_request_seconds_count{endpoint="access_token",outcome="4xx"}': "0+6000x60",
}


def test_nothing_that_a_stranger_can_send_rings_for_anybody(tmp_path: Path) -> None:
    assert firing(OF_STRANGERS, tmp_path) <= {"nothing"}


def test_sessions_that_are_gone_at_once_ring_though_nobody_refreshes(tmp_path: Path) -> None:
    """A Redis that came back empty, in the 43rd minute of fifty."""
    assert "PeopleAreSignedOut" in firing(
        {'session_reads_total{result="found"}': "0+100x42 4200+1x20"}, tmp_path
    )


@pytest.mark.parametrize("job", ["auth_service", "app_service"])
@pytest.mark.parametrize("how", ["0x60", "_x60"], ids=["down", "not scraped"])
def test_what_is_down_is_named(job: str, how: str, tmp_path: Path) -> None:
    [name] = [series for series in UP if job in series]
    text = told({name: how}, tmp_path, 'ALERTS{alertname="AServiceIsDown",alertstate="firing"}')
    assert f'job="{job}"' in text
