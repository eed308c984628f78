"""Deliberate faults, one for each guard: `python -m tests.simulation.faults` shows what the explorer can see.

Each is put in alone, and seeds of one scenario are tried until a promise breaks that holds without it.
"""

import asyncio
import contextlib
import itertools
import secrets
import sys
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from typing import Any
from unittest import mock

from app_service.live import webhook_keeper
from app_service.live.rounds import Rounds
from app_service.live.webhook_keeper import WebhookKeeper
from auth_service.oauth import outbox
from auth_service.oauth.outbox import Outbox
from auth_service.oauth.webex import WebexOAuth
from auth_service.sessions import lease, person_index, refresh, relisting, writer
from auth_service.sessions.of_person import PersonSessions
from auth_service.sessions.person_index import PersonIndex
from auth_service.sessions.refresh import Refresher
from auth_service.sessions.writer import SessionWriter
from auth_service.sign_in.landing import Landing
from auth_service.sign_in.sign_in import SignIn
from auth_service.sign_in.unconfirmed import Unconfirmed
from common.failures import session_ended
from common.sessions import idle_clock
from common.sessions.bound_cookie import BoundCookies
from common.sessions.idle_clock import IdleClock
from common.sessions.keys import entry_key, head_key, session_key
from common.sessions.lifetime import Lifetime
from common.sessions.sealing import seal_of
from common.sessions.visitor import Visitor
from common.store.access import StoreUnavailable
from tests.simulation.run import run
from tests.simulation.scenarios import SCENARIOS

now = time.monotonic  # the wall's: within a run time is virtual
PATIENCE_SECONDS = 60.0


@dataclass(frozen=True)
class Fault:
    what: str
    scenario: str
    target: Any
    name: str
    instead: Any


def without(text: str, part: str, instead: str = "") -> str:
    """A script that lacks a part; the part has to be there."""
    assert part in text, part
    return text.replace(part, instead)


async def nothing(*_: object, **__: object) -> None:
    """What was taken out."""


def always(*, value: Any) -> Callable[..., Any]:
    async def answer(*_: object, **__: object) -> Any:
        return value

    return answer


@contextlib.asynccontextmanager
async def no_lease(*_: object) -> AsyncIterator[bool]:
    yield True


async def one_look_newest_list_first(
    people: PersonSessions, person_id: str, *, except_for: str | None = None
) -> int:
    """As it was."""
    index, meant = people.index, dict[str, Any]()
    for head in map(head_key, index._names(person_id)):
        keys = [entry_key(head, handle) for handle in await index._handles(head)]
        await index._look(keys, meant)
    meant.pop(except_for or "", None)
    await people._end(meant)
    return len(meant)


async def by_a_plain_set(own: SessionWriter, ticket: Any, session: Any, **more: Any) -> bytes:
    """As it was: sent again, and carried out however late."""
    key, sealed = session_key(ticket.handle), own._reader.sealed(ticket, session)
    plain = key, lambda redis: redis.set(key, sealed, pxat=more["ends"])
    await own._redis.in_order(*more["before"], plain, *more["behind"])
    return seal_of(sealed)


async def by_its_name(keeper: WebhookKeeper, *, but: Any = None) -> None:
    """As it was: whatever has the name goes, and the lease goes back."""
    gone, keeper._sets = keeper._sets, []
    for one in gone:
        if one is not but:
            await keeper._live.read(one.viewer, keeper._remove_left_over)
            await keeper._give_lease_back()


async def end_whatever_is_there(own: SessionWriter, ticket: Any, old: Any, *_: object) -> bool:
    await own.end(ticket.handle, old.session.entry)
    return True


async def as_holder_without_a_look(own: Refresher, ticket: Any, seen: int) -> Any:  # noqa: ARG001
    stored = await own._writer.read(ticket)
    if stored is None:
        raise session_ended()
    return await own._marked(ticket, replace(stored, mark=secrets.token_hex(8).encode()))


def not_expected(*_: object, **__: object) -> None:
    """Nobody is waited for."""


async def replaced_without_a_letter(own: SignIn, old: Any, new: Any) -> None:
    """As it was, for one person."""
    if old is not None:
        async for _ in own._writer.ending(old, own._outbox.letter(old.handle)):
            await own._writer.note_successor(old, new.tokens)


async def put_before_it_is_announced(own: Outbox, letter: Any) -> bool:
    """As it was: who is killed in between leaves a letter that nobody looks for."""
    command = own._redis.client.set(letter.key, letter.sealed, px=letter.life_ms, nx=True)
    try:
        await own._redis.run(command, key=letter.key)
        if letter.line is None:
            # With time for it: without, one order among many thousands shows it, and another with each change
            # of what comes before.
            await asyncio.sleep(5)
            await own._announce(letter, due_ms=outbox.SHORTEST_PAUSE_MS)
    except StoreUnavailable:
        return False
    return True


FAULTS = (
    Fault(
        "a record is written by a plain SET",
        "begun_and_ended",
        SessionWriter,
        "create",
        by_a_plain_set,
    ),
    Fault(
        "an end looks once, newest list first",
        "moving",
        PersonSessions,
        "end_all",
        one_look_newest_list_first,
    ),
    Fault(
        "a record is replaced whatever it is",
        "signing_out",
        writer,
        "REPLACE",
        "redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL') return 'written'",
    ),
    Fault(
        "a record is replaced though it is gone",
        "signing_out",
        writer,
        "REPLACE",
        without(writer.REPLACE, "if not now then return 'gone' end"),
    ),
    Fault(
        "a record is ended though it has changed",
        "signing_out",
        writer,
        "END",
        without(writer.END, "if now and now ~= ARGV[1] then return 0 end"),
    ),
    Fault(
        "a sign-out deletes whatever is there",
        "signing_out",
        SessionWriter,
        "end_unchanged",
        end_whatever_is_there,
    ),
    Fault(
        "a record is written as often as it is sent",
        "begun_and_ended",
        writer,
        "CREATE",
        without(
            writer.CREATE,
            "if not redis.call('SET', KEYS[2], '', 'NX', 'PX', ARGV[4]) then return 'gone' end",
        ),
    ),
    Fault(
        "a sign-in that failed is not cleaned up", "begun_and_ended", SignIn, "_clean_up", nothing
    ),
    Fault("there is no lease", "refresh", refresh, "lease", no_lease),
    Fault("a lease is not renewed", "refresh_slow", lease, "_renew", nothing),
    Fault(
        "nobody looks again once they hold the lease",
        "refresh",
        Refresher,
        "_as_holder",
        as_holder_without_a_look,
    ),
    Fault("nobody marks that they ask", "long_outages", writer, "ASK", "return 'marked'"),
    Fault("the mark ends before the call", "long_outages", writer, "ASKING_MS", 3000),
    Fault("an answer is stored in one try", "refresh_redis", refresh, "STORE_SECONDS", -1),
    Fault(
        "the rotated token is dropped",
        "refresh",
        refresh,
        "_merged",
        lambda old, new: replace(new, refresh_token=old.refresh_token),
    ),
    Fault("nothing is revoked", "signing_out", WebexOAuth, "revoke", nothing),
    Fault(
        "a record ends without its letter",
        "revoking",
        writer,
        "END",
        without(
            writer.END,
            "if now and ARGV[2] ~= '' then redis.pcall('SET', KEYS[2], ARGV[2], 'PX', ARGV[3]) end",
        ),
    ),
    Fault("a letter is not announced", "revoking", Outbox, "announce", nothing),
    Fault(
        "a letter lies there before it is announced",
        "revoking",
        Outbox,
        "_put",
        put_before_it_is_announced,
    ),
    Fault("nobody works off what others left", "revoking", Outbox, "work_off", always(value=0)),
    Fault("a revocation is tried once", "revoking", Outbox, "_put", always(value=True)),
    Fault(
        "the tokens of a session that was replaced are left alone",
        "revoking",
        SignIn,
        "_replace",
        replaced_without_a_letter,
    ),
    Fault("the landing ends nothing", "tabs", Landing, "_is_over", always(value=False)),
    Fault("the landing confirms nothing", "tabs", Landing, "_confirm", always(value=True)),
    Fault("what was made here is confirmed and not moved", "tabs", writer, "PROLONG", "return 1"),
    Fault("nobody looks whether a browser came", "tabs_lost", Unconfirmed, "expect", not_expected),
    Fault(
        "a session lives whole hours before its browser came",
        "revoking",
        Unconfirmed,
        "first_end",
        lambda _, __, ends: ends,
    ),
    Fault(
        "an entry that was left is not ended when its session is used",
        "rotation_faults",
        PersonIndex,
        "elsewhere",
        lambda *_: (),
    ),
    Fault(
        "an entry that no record names is there as long as its session",
        "rotation_faults",
        relisting,
        "MOVING_MS",
        10**9,
    ),
    Fault(
        "nobody whose entry is freed is taken off the list",
        "rotation",
        person_index,
        "FREE",
        "return",
    ),
    Fault(
        "nobody remembers that all were ended",
        "rotation",
        PersonIndex,
        "was_ended",
        always(value=False),
    ),
    Fault(
        "a session whose entry was lost is left alone",
        "rotation",
        relisting.Relister,
        "with_entry",
        nothing,
    ),
    Fault("the idle clock is not moved", "limits", IdleClock, "due", lambda *_: 1e18),
    Fault(
        "a move of the idle clock that failed is not tried again",
        "limits_faults",
        idle_clock,
        "AGAIN_SECONDS",
        (),
    ),
    Fault(
        "a session that is remembered is not looked at again",
        "ending",
        Visitor,
        "is_from",
        lambda *_: True,
    ),
    Fault(
        "the absolute limit is not looked at",
        "limits",
        Lifetime,
        "end_of",
        lambda own, _, now: now + 1000 * own._idle_seconds,
    ),
    Fault(
        "a keeper removes webhooks by their name",
        "keepers",
        WebhookKeeper,
        "_take_away",
        by_its_name,
    ),
    Fault(
        "every replica keeps webhooks", "keepers", WebhookKeeper, "_hold_lease", always(value=True)
    ),
    Fault(
        "a webhook that Webex could not make is left out",
        "keepers_faults",
        webhook_keeper,
        "_passes",
        lambda _: False,
    ),
    Fault(
        "a bound session is shown without its short cookie",
        "binding",
        BoundCookies,
        "_lasts",
        lambda *_: True,
    ),
    Fault(
        "a device's key ends with the first minute of a session that was not shown yet",
        "binding_faults",
        SessionWriter,
        "end_if_shown",
        always(value=0),
    ),
    Fault(
        "a device's key outlives its session",
        "binding",
        writer,
        "binding_key",
        lambda handle: f"binding:none:{handle}",
    ),
    Fault(
        "nobody looks whether a stream's session is there",
        "watching",
        Rounds,
        "end_dead_sessions",
        nothing,
    ),
)


def caught(fault: Fault, seconds: float) -> tuple[int, str | None]:
    """After how many runs a promise broke, and which."""
    scenario, began, runs = SCENARIOS[fault.scenario], now(), 0
    with mock.patch.object(fault.target, fault.name, fault.instead):
        # What once failed is where the guards are.
        for seed in itertools.chain(scenario.seeds, itertools.count(1)):
            if now() - began > seconds:
                break
            runs += 1
            for violation in run(scenario, seed).violations:
                if violation.promise not in scenario.shows:
                    return runs, violation.promise.name
    return runs, None


def main(seconds: float) -> int:
    missed = 0
    for number, fault in enumerate(FAULTS, 1):
        began = now()
        runs, promise = caught(fault, seconds)
        missed += promise is None
        what = f"{promise} after {runs} runs" if promise else f"MISSED in {runs} runs"
        print(
            f"{number:3}  {fault.what:60} {fault.scenario:16} {what}, {now() - began:.1f} s",
            flush=True,
        )
    return missed


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else PATIENCE_SECONDS))
