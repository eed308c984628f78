"""The ports of a stack are its own, also those where nothing listens yet."""

import pytest

import harness.stack
from harness.stack import Stack, free_ports_in_a_row

# One more than a stack has.
SIX = range(20_000, 20_006)


def test_a_port_that_a_stack_has_is_nobody_elses_also_if_nothing_listens_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(harness.stack, "PORTS", SIX)
    stack = Stack(only=())
    taken = {port for _, port in stack.ports.named()}
    assert free_ports_in_a_row(1) == [*set(SIX) - taken]
    stack.close()
