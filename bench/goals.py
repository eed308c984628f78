"""What this system is to reach beside its peers, and whether it did. Where a peer wins, this says so."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bench.peers.kinds import NGINX_LUA
from bench.plot import number
from bench.results import Results
from bench.tables import LEVEL, is_peer

ALONE, NGINX, HELLO = (
    "this system, service alone",
    "this system, through nginx",
    "floor: aiohttp hello",
)
OURS = "this system"
LUA = NGINX_LUA.label
MANY, ONE = "32 connections", "1 connection"


@dataclass(frozen=True)
class Goal:
    text: str
    measured: str
    met: bool | None
    """None if it was not measured."""


def goals(results: Results) -> list[Goal]:
    return [
        _one_visitor(results),
        _cpu(results),
        _pages(results),
        _sign_ins(results),
        _counted(
            results, "W4", "token_calls", "Refresh storm: exactly 1 token call", lambda n: n == 1
        ),
        _counted(results, "W5", "sign_outs", "Redis paused: no sign-out", lambda n: n == 0),
        _counted(results, "W6", "sign_outs", "Rolling restart: no sign-out", lambda n: n == 0),
        _counted(results, "W6", "failures", "Rolling restart: no failed request", lambda n: n == 0),
        _memory(results),
    ]


def verdicts(results: Results) -> Iterator[str]:
    """One sentence for each comparison by speed: who is ahead, and by how much."""
    yield from _verdict(results, "W1", ONE, ALONE, "signed-in pages a second at 1 connection")
    yield from _verdict(results, "W1", MANY, ALONE, "signed-in pages a second at 32 connections")
    yield from _verdict(results, "W2", MANY, ALONE, "anonymous pages a second")
    yield from _verdict(results, "W3", "Webex at once", ALONE, "sign-ins a second")
    yield from _verdict(
        results, "W3", "Webex after 200 ms", ALONE, "sign-ins a second when Webex takes 200 ms"
    )
    yield from _lightest(results)


def _verdict(results: Results, work: str, case: str, ours: str, what: str) -> Iterator[str]:
    own, best = results.median(work, case, ours, "per_second"), _best_peer(results, work, case)
    if own is None or best is None:
        return
    label, value = best
    if max(own, value) < LEVEL * min(own, value):
        yield f"- {what}: this system and {label}, the best peer, are level."
    elif own > value:
        yield f"- {what}: **this system is ahead**, {own / value:.2f} times {label}, the best peer."
    else:
        yield f"- {what}: **{label} is ahead**, {value / own:.2f} times this system."


def _lightest(results: Results) -> Iterator[str]:
    own = results.median("W1", MANY, ALONE, "together")
    peers = _peers(results, "W1", MANY, "together")
    if own is None or not peers:
        return
    label, value = min(peers, key=lambda each: each[1])
    who = "this system is ahead" if own <= value else f"{label} is ahead"
    yield (
        f"- resident memory: **{who}**: {number(own)} MB for app_service (auth_service is a second "
        f"process of about that size), {number(value)} MB for {label}, the lightest peer."
    )


def _one_visitor(results: Results) -> Goal:
    text = "Signed-in page, 1 connection: at least as many pages a second as the best peer"
    own, best = results.median("W1", ONE, ALONE, "per_second"), _best_peer(results, "W1", ONE)
    if own is None or best is None:
        return Goal(text, "not measured", None)
    return Goal(text, f"{own / best[1]:.2f} times {best[0]}", own >= best[1])


def _cpu(results: Results) -> Goal:
    text = "Signed-in page, 32 connections: at most 1.7 times the CPU time of aiohttp hello"
    own = results.median("W1", MANY, ALONE, "cpu")
    floor = results.median("W1", MANY, HELLO, "cpu")
    if own is None or not floor:
        return Goal(text, "not measured", None)
    return Goal(text, f"{own / floor:.2f} times ({own:.0f} and {floor:.0f} µs)", own <= 1.7 * floor)


def _pages(results: Results) -> Goal:
    text = f"Signed-in page, 32 connections: at least 1.25 times the pages a second of {LUA}"
    own = results.median("W1", MANY, ALONE, "per_second")
    theirs = results.median("W1", MANY, LUA, "per_second")
    if own is None or not theirs:
        return Goal(text, "not measured", None)
    return Goal(text, f"{own / theirs:.2f} times", own >= 1.25 * theirs)


def _sign_ins(results: Results) -> Goal:
    text, case = "Sign-ins: at least as many a second as the best peer", "Webex at once"
    own, best = results.median("W3", case, ALONE, "per_second"), _best_peer(results, "W3", case)
    if own is None or best is None:
        return Goal(text, "not measured", None)
    return Goal(text, f"{own / best[1]:.2f} times {best[0]}", own >= best[1])


def _counted(
    results: Results, work: str, metric: str, text: str, is_met: Callable[[float], bool]
) -> Goal:
    label = ALONE if work == "W5" else OURS
    value = results.median(work, "", label, metric)
    if value is None:
        return Goal(text, "not measured", None)
    return Goal(text, number(value), is_met(value))


def _memory(results: Results) -> Goal:
    text = "Resident memory of a worker: at most 50 MB"
    values = [
        value
        for work, case in (("W1", MANY), ("W3", "Webex at once"))
        if (value := results.median(work, case, ALONE, "largest")) is not None
    ]
    if not values:
        return Goal(text, "not measured", None)
    return Goal(text, " and ".join(f"{value:.0f} MB" for value in values), max(values) <= 50)


def _best_peer(results: Results, work: str, case: str) -> tuple[str, float] | None:
    peers = _peers(results, work, case, "per_second")
    return max(peers, key=lambda each: each[1]) if peers else None


def _peers(results: Results, work: str, case: str, metric: str) -> list[tuple[str, float]]:
    found = [
        (label, results.median(work, case, label, metric))
        for label in results.samples[work][case]
        if is_peer(label)
    ]
    return [(label, value) for label, value in found if value is not None]
