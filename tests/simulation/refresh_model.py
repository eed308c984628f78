"""Every state that the refresh of one session can reach, breadth first: the protocol without its code.

Some replicas want a newer token for the same record; somebody signs out meanwhile. Steps of different
replicas come in every order. What may go wrong is counted: leases that run out under their holder, replicas
that are killed, answers of Webex that are lost.

What is assumed: a script is one step; an "asking" mark outlives its owner's call and write, so that it runs
out only when its owner is dead or done; Webex rotates (each refresh kills the token that it was asked with)
or gives the same refresh token again.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

NOBODY = -1
# Steps of a replica. IDLE wants a token, OUT has its answer, DEAD was killed.
IDLE, HOLDING, ASKING, ASKED, STORING, REFUSED, REVOKING, OUT, DEAD = range(9)


class Replica(NamedTuple):
    step: int = IDLE
    # Which token it has read, and which one Webex gave it.
    read: int = NOBODY
    got: int = NOBODY


class State(NamedTuple):
    record: int | None
    newest: int
    # Whether Webex still takes the newest token.
    alive: bool
    lease: int
    mark: int
    # The token that a sign-out found, and whether it is done: None before, then False, then True.
    signing_out: int
    signed_out: bool | None
    replicas: tuple[Replica, ...]
    expiries: int
    kills: int
    losses: int

    def moved(self, who: int, replica: Replica, **changes: object) -> "State":
        replicas = (*self.replicas[:who], replica, *self.replicas[who + 1 :])
        return self._replace(replicas=replicas, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Protocol:
    """What is tried: how many replicas, how Webex renews, with or without the mark, and what goes wrong."""

    replicas: int
    rotating: bool
    marked: bool
    expiries: int = 0
    kills: int = 0
    losses: int = 0

    def start(self) -> State:
        wanting = (Replica(),) * self.replicas
        return State(
            record=0,
            newest=0,
            alive=True,
            lease=NOBODY,
            mark=NOBODY,
            signing_out=NOBODY,
            signed_out=None,
            replicas=wanting,
            expiries=self.expiries,
            kills=self.kills,
            losses=self.losses,
        )

    def steps(self, state: State) -> Iterator[tuple[str, State]]:
        """What may happen next."""
        for who, replica in enumerate(state.replicas):
            yield from self._of_replica(state, who, replica)
            if state.kills and replica.step not in (IDLE, OUT, DEAD):
                yield from self._killed(state, who, replica)
        if state.expiries and state.lease != NOBODY:
            yield "the lease runs out", state._replace(lease=NOBODY, expiries=state.expiries - 1)
        if state.mark != NOBODY and state.replicas[state.mark].step in (OUT, DEAD):
            yield "the mark runs out", state._replace(mark=NOBODY)
        if state.signed_out is None and state.record is not None:
            yield (
                "a sign-out ends the record",
                state._replace(signing_out=state.record, signed_out=False, record=None),
            )
        if state.signed_out is False:
            alive = state.alive and state.signing_out != state.newest
            yield "the sign-out revokes", state._replace(signed_out=True, alive=alive)

    def _of_replica(  # noqa: C901 - one case for each step
        self, state: State, who: int, replica: Replica
    ) -> Iterator[tuple[str, State]]:
        done = {
            "lease": NOBODY if state.lease == who else state.lease,
            "mark": NOBODY if state.mark == who else state.mark,
        }
        out = Replica(OUT)
        match replica.step:
            case 0 if state.record is None:  # IDLE
                yield f"{who} sees that it is over", state.moved(who, out)
            case 0 if state.lease == NOBODY:
                yield f"{who} takes the lease", state.moved(who, Replica(HOLDING), lease=who)
            case 1 if state.record is None:  # HOLDING
                yield f"{who} reads nothing", state.moved(who, out, **done)
            case 1 if self.marked and state.mark not in (NOBODY, who):
                yield f"{who} sees a foreign mark", state.moved(who, out, **done)
            case 1:
                mark = who if self.marked else state.mark
                asking = Replica(ASKING, state.record if state.record is not None else NOBODY)
                yield f"{who} reads {state.record}", state.moved(who, asking, mark=mark)
            case 2:  # ASKING
                yield (
                    f"{who} asks with {replica.read}",
                    state.moved(who, replica._replace(step=ASKED)),
                )
            case 3:  # ASKED
                yield from self._answered(state, who, replica, done)
            case 4:  # STORING
                yield self._stored(state, who, replica, done)
            case 5 if state.record == replica.read:  # REFUSED
                yield f"{who} ENDS the session", state.moved(who, out, record=None, **done)
            case 5:
                yield f"{who} finds a newer record", state.moved(who, out, **done)
            case 6:  # REVOKING
                alive = state.alive and replica.got != state.newest
                yield f"{who} revokes {replica.got}", state.moved(who, out, alive=alive, **done)

    def _answered(
        self, state: State, who: int, replica: Replica, done: dict[str, int]
    ) -> Iterator[tuple[str, State]]:
        if not self._takes(state, replica):
            yield f"Webex refuses {who}", state.moved(who, replica._replace(step=REFUSED))
            return
        new = state.newest + self.rotating
        storing = replica._replace(step=STORING, got=new)
        yield f"Webex gives {who} {new}", state.moved(who, storing, newest=new)
        if state.losses:
            lost = state.moved(who, Replica(OUT), newest=new, losses=state.losses - 1, **done)
            yield f"Webex gives {who} {new}, and the answer is lost", lost

    def _stored(
        self, state: State, who: int, replica: Replica, done: dict[str, int]
    ) -> tuple[str, State]:
        if state.record == replica.read:
            return f"{who} writes {replica.got}", state.moved(
                who, Replica(OUT), record=replica.got, **done
            )
        if state.record is None:
            return f"{who} finds it over", state.moved(
                who, replica._replace(step=REVOKING), lease=done["lease"]
            )
        return f"{who} finds a newer record", state.moved(who, Replica(OUT), **done)

    def _killed(self, state: State, who: int, replica: Replica) -> Iterator[tuple[str, State]]:
        dead = state.moved(who, replica._replace(step=DEAD), kills=state.kills - 1)
        yield f"{who} is killed", dead
        if replica.step == ASKED and self._takes(state, replica):
            newest = state.newest + self.rotating
            yield f"{who} is killed, and Webex serves its call", dead._replace(newest=newest)

    def _takes(self, state: State, replica: Replica) -> bool:
        return state.alive and (replica.read == state.newest or not self.rotating)


@dataclass(frozen=True)
class Found:
    """How many states there are, and the shortest way to each broken promise."""

    states: int
    steps: int
    broken: dict[str, list[str]]


def explore(protocol: Protocol) -> Found:
    """Reach every state."""
    start = protocol.start()
    came_from: dict[State, tuple[State, str] | None] = {start: None}
    waiting, steps, broken = deque([start]), 0, dict[str, list[str]]()
    while waiting:
        state = waiting.popleft()
        if _forgotten(state, protocol):
            broken.setdefault("tokens live on and nobody will revoke them", _way(came_from, state))
        for how, then in protocol.steps(state):
            steps += 1
            if then not in came_from:
                came_from[then] = (state, how)
                waiting.append(then)
            for promise in _broken_by(state, how, then):
                broken.setdefault(promise, [*_way(came_from, state), how])
    return Found(len(came_from), steps, broken)


def _broken_by(state: State, how: str, then: State) -> Iterator[str]:
    if how.endswith("ENDS the session") and state.signed_out is None and state.alive:
        holders = [
            each for each in state.replicas if each.step == STORING and each.got == state.newest
        ]
        if holders:
            yield "signed out while a living replica holds the newest token"
    if state.signed_out is not None and then.record is not None:
        yield "back after a sign-out"
    if sum(each.step == ASKED for each in then.replicas) > 1:
        yield "two token calls at a time"


def _forgotten(state: State, protocol: Protocol) -> bool:
    """Without a kill or a lost answer, which no protocol can make good."""
    calm = (
        all(each.step in (IDLE, OUT, DEAD) for each in state.replicas)
        and state.signed_out is not False
    )
    unharmed = state.kills == protocol.kills and state.losses == protocol.losses
    return calm and unharmed and state.record is None and state.alive


def _way(came_from: dict[State, tuple[State, str] | None], state: State) -> list[str]:
    way = []
    while before := came_from[state]:
        state, how = before
        way.append(how)
    return way[::-1]
