"""Which processes start anew for what was saved (local_stack/live.py), and in which order."""

from pathlib import Path
from types import SimpleNamespace
from unittest.mock import Mock, call, create_autospec

import pytest

from local_stack import changes, live
from local_stack.child import Child
from local_stack.live import Live


@pytest.fixture
def order(monkeypatch: pytest.MonkeyPatch) -> Mock:
    """What was done to the services, in its order."""
    noted = Mock()
    for name in ("auth_service", "app_service"):
        child = create_autospec(Child, instance=True)
        child.name = name
        child.reload.return_value = True
        noted.attach_mock(child, name)
    monkeypatch.setattr(live, "wait_until_ready", noted.wait_until_ready)
    return noted


def saving(order: Mock, monkeypatch: pytest.MonkeyPatch, file: str) -> list[str]:
    """Have this file saved; return what was done."""
    watching = SimpleNamespace(under_way=False, saved=lambda: [Path(file)])
    monkeypatch.setattr(live, "Changes", lambda: watching)
    services = {"auth_service": order.auth_service, "app_service": order.app_service}
    order.supervisor.wait.side_effect = [False, True]  # it ends after one look
    Live(order.supervisor, Mock(), services).follow()
    mine = ("supervisor.wait", "supervisor.say", "supervisor.let_end")
    return [name for name, *_ in order.mock_calls if name not in mine]


def test_a_service_gets_new_workers_for_its_own_code(
    order: Mock, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert saving(order, monkeypatch, "app_service/handlers.py") == ["app_service.reload"]


def test_both_get_new_workers_for_what_they_share(
    order: Mock, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = saving(order, monkeypatch, "common/failures.py")
    assert done == ["auth_service.reload", "app_service.reload"]


def test_nobody_waits_for_the_other_to_end(order: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    assert saving(order, monkeypatch, "common/web/worker.py") == [
        *("auth_service.ask_to_end", "app_service.ask_to_end"),
        *("auth_service.stop", "supervisor.start", "app_service.stop", "supervisor.start"),
        "wait_until_ready",
    ]
    assert order.wait_until_ready.call_args.args[1] == ["auth_service", "app_service"]


def test_one_that_does_not_run_is_started(order: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    order.app_service.reload.return_value = False
    done = saving(order, monkeypatch, "app_service/handlers.py")
    assert done[-2:] == ["supervisor.start", "wait_until_ready"]
    assert call.supervisor.start(order.app_service) in order.mock_calls


@pytest.mark.parametrize(
    ("runs", "said"),
    [
        (True, "The code of before goes on until this is mended."),
        (False, "app_service will start when this is mended."),
    ],
)
def test_what_is_no_python_is_named_and_what_that_means_is_true(
    order: Mock, monkeypatch: pytest.MonkeyPatch, *, runs: bool, said: str
) -> None:
    order.app_service.running = runs
    monkeypatch.setattr(changes, "mistakes", lambda _: ["handlers.py:1: SyntaxError"])
    assert saving(order, monkeypatch, "app_service/handlers.py") == []
    order.supervisor.say.assert_called_once_with("handlers.py:1: SyntaxError", said)
