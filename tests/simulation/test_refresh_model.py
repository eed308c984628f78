"""The refresh protocol holds its promises in every state that it can reach."""

import pytest

from tests.simulation.refresh_model import Protocol, explore

LOST_LEASE = Protocol(replicas=3, rotating=True, marked=False, expiries=1)
SIGNED_OUT = "signed out while a living replica holds the newest token"
TWO_CALLS = "two token calls at a time"


@pytest.mark.parametrize("rotating", [True, False])
def test_while_no_lease_is_lost_the_lease_alone_is_enough(*, rotating: bool) -> None:
    found = explore(Protocol(3, rotating=rotating, marked=False, kills=1, losses=1))
    assert found.broken == {}


def test_a_lease_alone_does_not_own_a_token() -> None:
    """Why there is a mark besides: the lease runs out while Webex or Redis is slow."""
    assert explore(LOST_LEASE).broken.keys() == {SIGNED_OUT, TWO_CALLS}


@pytest.mark.parametrize("rotating", [True, False])
def test_with_the_mark_four_replicas_never_ask_at_once_nor_end_what_another_renews(
    *,
    rotating: bool,
) -> None:
    found = explore(Protocol(4, rotating=rotating, marked=True, expiries=2, kills=1, losses=1))
    assert found.broken == {}
    assert found.states > 10_000
