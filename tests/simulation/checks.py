"""What must hold once all is calm again: nothing is under way any more, and every fault is mended."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from app_service.live.feed import TOLD_LASTS_SECONDS
from app_service.live.migration import EVENT as MIGRATED
from app_service.live.webhook import EVENTS
from auth_service.sign_in.unconfirmed import CONFIRM_SECONDS
from common.failures import Failure
from common.sessions.keys import binding_key, session_key
from common.sessions.record import Session
from tests.simulation.chronicle import ENDED_ELSEWHERE, Promise
from tests.simulation.webex import Grant

if TYPE_CHECKING:
    from tests.simulation.world import World

# Longer than every retry, lease and mark in the services lasts.
CALM_SECONDS = 130
CARE_SECONDS = 10


async def check(world: "World") -> None:
    """Let everything settle, and judge what is left."""
    world.heal()
    await asyncio.sleep(CALM_SECONDS)
    _never_double(world)
    for browser in world.browsers:
        # Whoever uses a session has it put right, or ended if it was meant to be.
        with contextlib.suppress(Failure):
            await browser.visit()
    await asyncio.sleep(CARE_SECONDS)
    live = _live(world)
    _ended(world, live)
    _held(world, live)
    _bindings(world, live)
    await _listed(world, live)
    _calls(world)
    await _tokens(world)
    _streams(world, live)
    if world.faultless:
        for needless in world.webex.needless:
            world.chronicle.violated(Promise.SERVED, f"{needless} is renewed in vain")


# Shorter than a session lives that no browser has shown, which would hide what nobody cleans up.
SOON_SECONDS = 40


async def check_soon(world: "World") -> None:
    """Judge what is left of what was given up or ended, before it could end by itself."""
    world.heal()
    await asyncio.sleep(SOON_SECONDS)
    live = _live(world)
    _ended(world, live)
    _held(world, live)


# After a keeper was killed, another one takes over when its lease has run out.
TAKE_OVER_SECONDS = 90
# Longer than a set is kept before it is made anew.
WATCHED_SECONDS = 1100
MOST_SECONDS_WITHOUT = 10
# Messages, and that Webex has moved the space.
WHOLE_SET = (*EVENTS, MIGRATED)


async def one_set(world: "World", *, faulty: bool) -> None:
    """Watch the webhooks while people look and all is calm."""
    await asyncio.sleep(TAKE_OVER_SECONDS)
    without = 0
    for second in range(WATCHED_SECONDS):
        if second % TOLD_LASTS_SECONDS == 0:
            # Webhooks tell that they work; else each replica would ask Webex every few seconds.
            for app in world.apps:
                app.live.nudge(told=True)
        await asyncio.sleep(1)
        without += not _whole_sets(world)
    if without > MOST_SECONDS_WITHOUT:
        world.chronicle.violated(Promise.ONE_SET, f"for {without} s there was none")
    # What a killed replica has left behind goes with its person's next set.
    if not faulty and len(world.webex.webhooks) > len(WHOLE_SET):
        world.chronicle.violated(
            Promise.ONE_SET, f"{len(world.webex.webhooks)} webhooks at the end"
        )
    for app in world.apps:
        await app.does("close", app.keeper.close)


def _whole_sets(world: "World") -> list[str]:
    """Whose sets are whole."""
    made = {(hook["owner"], hook["event"]) for hook in world.webex.webhooks.values()}
    owners = dict.fromkeys(hook["owner"] for hook in world.webex.webhooks.values())
    return [owner for owner in owners if all((owner, event) in made for event in WHOLE_SET)]


def _bindings(world: "World", live: Mapping[str, Session | None]) -> None:
    """A key that is kept ends with its session, unless whoever kept it was killed or cut off."""
    if not world.faultless:
        return
    kept = set(world.redis.keys("binding:{"))
    for handle in world.chronicle.tokens:
        if handle not in live and binding_key(handle) in kept:
            world.chronicle.violated(Promise.DEVICE, f"the key of {handle[:5]} outlives it")


def _streams(world: "World", live: Mapping[str, Session | None]) -> None:
    for app, viewer in world.streams:
        if not app.dead and viewer in app.viewers and viewer.handle not in live:
            world.chronicle.violated(
                Promise.STREAM_ENDS, f"{viewer.handle[:5]} is still shown the space"
            )


def reason_to_be_gone(world: "World", handle: str) -> str | None:  # noqa: PLR0911 - one line for each
    """Why a session is over that its browser still holds; None if there is no good reason."""
    chronicle = world.chronicle
    if handle in chronicle.ended_at or handle in chronicle.to_be_ended:
        return "ended by somebody"
    if world.lossy:
        return "a failover lost it"
    if handle in chronicle.handed_again:
        return "another tab settled that it was not held, while its callback was answered again"
    if _never_shown(world, handle):
        return "its browser did not come within a minute"
    if world.now - chronicle.used_at.get(handle, 0.0) >= world.idle_seconds - _early(world) - 1:
        return "idle limit"
    begun, wrong = chronicle.begun.get(handle), 2 * max(map(abs, world.skews)) + 1
    if begun and begun.ends_at <= world.loop.wall + wrong:
        return "absolute limit"
    return next(filter(None, (_refused(world, grant) for grant in _grants(world, handle))), None)


def _never_shown(world: "World", handle: str) -> bool:
    used = world.chronicle.used_at.get(handle, 0.0)
    landed = any(not replica.dead for replica in world.chronicle.landed[handle])
    shown = landed or handle in world.chronicle.shown
    return not shown and world.now - used >= CONFIRM_SECONDS


def _early(world: "World") -> float:
    """By how much a session may end before its idle limit, as docs/threat-model.md says; seconds."""
    return min(60, world.idle_seconds // 4)


def _grants(world: "World", handle: str) -> list[Grant]:
    by_token = world.webex.by_token
    return list(dict.fromkeys(by_token[token] for token in world.chronicle.tokens[handle]))


def _refused(world: "World", grant: Grant) -> str | None:
    """Whether Webex refused what it had to refuse: the newest token never got anywhere."""
    if not any(fate.startswith("refused") for fate in grant.fates):
        return None
    if grant.refresh not in grant.received:
        return "the rotated token never reached anybody"
    if grant.received[grant.refresh].dead:
        return "who had the rotated token was killed"
    if not world.webex.lives(grant.refresh):
        return "its tokens were revoked"
    return None


def _live(world: "World") -> dict[str, Session | None]:
    """Every session that Redis has, opened."""
    found: dict[str, Session | None] = {}
    for handle, ticket in world.chronicle.tickets.items():
        record = world.redis.get(session_key(handle))
        if record is not None:
            found[handle] = world.probe.sessions.opened(ticket, record)
    return found


def _ended(world: "World", live: Mapping[str, Session | None]) -> None:
    for handle in live:
        if handle in world.chronicle.ended_unlisted and handle in _holders(world):
            why = world.chronicle.ended_unlisted[handle]
            world.chronicle.violated(Promise.STAYS_ENDED, f"{handle[:5]} is used after {why}")
        ended = world.chronicle.ended_at.get(handle)
        if ended is None:
            continue
        if world.lossy:
            world.chronicle.counts["ended, and back after a failover"] += 1
        else:
            world.chronicle.violated(Promise.STAYS_ENDED, f"{handle[:5]} is there after {ended[1]}")


def _holders(world: "World") -> set[str]:
    """Which sessions a browser has the cookie of."""
    return {browser.ticket.handle for browser in world.browsers if browser.ticket}


def _held(world: "World", live: Mapping[str, Session | None]) -> None:
    held = _holders(world)
    for handle in live:
        if handle in held:
            continue
        if world.lossy:
            world.chronicle.counts["held by nobody after a failover"] += 1
            continue
        never = "its cookie never came to the browser"
        why = never if handle not in world.chronicle.held_since else "nobody knows why"
        why = world.chronicle.let_go.get(handle, why)
        if world.lossy and (
            handle in world.chronicle.ended_at or handle in world.chronicle.to_be_ended
        ):
            world.chronicle.counts["replaced, and back after a failover"] += 1
            continue
        if not _entries(world).get(handle):
            why = "written after it was given up"
        world.chronicle.violated(Promise.HELD, f"{handle[:5]}: {why}")


def _entries(world: "World") -> Mapping[str, Sequence[str]]:
    """The keys of all entries, by their session's handle."""
    found: dict[str, list[str]] = defaultdict(list)
    for key in world.redis.keys("person:"):
        value = world.redis.get(key) if key.count(":") == 2 else None
        if value is not None:
            found[value.partition(b" ")[0].decode()].append(key)
    return found


def _never_double(world: "World") -> None:
    """Whoever moves a session and dies leaves it in two lists for half a minute, used or not."""
    for handle, keys in _entries(world).items():
        if len(keys) > 1 and not world.lossy:
            world.chronicle.violated(Promise.LISTED, f"{handle[:5]} stays in two lists: {keys}")


async def _listed(world: "World", live: Mapping[str, Session | None]) -> None:
    chronicle, entries = world.chronicle, _entries(world)
    for handle, session in live.items():
        mine = entries.get(handle, [])
        if session is None:
            chronicle.violated(Promise.LISTED, f"{handle[:5]} does not open")
        elif (handle in chronicle.entry_lost or world.lossy) and not mine:
            chronicle.counts["entry lost, in no list until its person comes"] += 1
        elif session.entry not in mine:
            chronicle.violated(Promise.LISTED, f"{handle[:5]} is not where its record says: {mine}")
        elif len(mine) > 1:
            chronicle.violated(Promise.LISTED, f"{handle[:5]} has {len(mine)} entries")
        elif world.redis.ends(mine[0]) != world.redis.ends(session_key(handle)):
            chronicle.counts["record and entry end apart"] += 1
    await _no_orphans(world, live)
    await _found_by_a_look(world, live)


async def _no_orphans(world: "World", live: Mapping[str, Session | None]) -> None:
    """Entries without a session go with the next look."""
    orphans = {handle: keys for handle, keys in _entries(world).items() if handle not in live}
    if not orphans:
        return
    for person in _people(world):
        await _look(world, person)
    for handle, keys in orphans.items():
        for key in keys:
            if world.redis.get(key) is not None:
                world.chronicle.violated(
                    Promise.LISTED, f"the entry of {handle[:5]} outlives it: {key}"
                )


async def _found_by_a_look(world: "World", live: Mapping[str, Session | None]) -> None:
    """Every live session is seen by a look at its person's list."""
    for person in _people(world):
        seen = await _look(world, person)
        if seen is None:
            continue
        for handle, session in live.items():
            if (
                session
                and session.person_id == person
                and handle not in {*seen, *world.chronicle.entry_lost}
            ):
                world.chronicle.violated(
                    Promise.LISTED, f"{handle[:5]} is not seen in {session.entry}"
                )


async def _look(world: "World", person: str) -> set[str] | None:
    try:
        return set(await world.probe.does("look", lambda: world.probe.index.live(person)))
    except Failure:
        return None


def _people(world: "World") -> list[str]:
    return list(dict.fromkeys(grant.person for grant in world.webex.grants))


def _calls(world: "World") -> None:
    for overlap in world.webex.overlaps:
        if world.lossy:
            world.chronicle.counts["two calls, after Redis lost a lease"] += 1
            continue
        world.chronicle.violated(Promise.ONE_CALL, overlap)


# Who watches goes on meanwhile, and new tokens are in Redis a moment after they came.
WRITTEN_SECONDS = 5


async def _tokens(world: "World") -> None:
    """Which tokens live on at Webex though no record has them, and why."""
    came = world.webex.living()
    await asyncio.sleep(WRITTEN_SECONDS)
    kept = {
        token
        for session in _live(world).values()
        if session
        for token in (session.tokens.access_token, session.tokens.refresh_token)
    }
    judged: set[Grant] = set()
    for token in filter(world.webex.lives, came):
        grant = world.webex.by_token[token]
        # An older access token of a grant that somebody uses ends by itself.
        if token in kept or grant.refresh in kept or grant in judged:
            continue
        judged.add(grant)
        why = _why_forgotten(world, grant, token)
        world.chronicle.counts[f"token lives on: {why}"] += 1
        if why not in BY_DESIGN:
            world.chronicle.violated(
                Promise.NO_TOKEN_FORGOTTEN, f"{token} of grant {grant.number}: {why}"
            )


NEVER_CAME = "its answer never reached anybody"
RAN_OUT = "the session ran out"
LOST_BY_REDIS = "Redis lost what it had written"
KILLED = "whoever had it was killed before Redis had it"
UNANNOUNCED = "its letter could not be announced, and whoever wrote it was killed"
# docs/threat-model.md names these, with their longest life.
BY_DESIGN = (ENDED_ELSEWHERE, NEVER_CAME, RAN_OUT, LOST_BY_REDIS, KILLED, UNANNOUNCED)


def _why_forgotten(world: "World", grant: Grant, token: str) -> str:  # noqa: PLR0911 - one line for each
    chronicle = world.chronicle
    mine = [
        handle
        for handle, tokens in chronicle.tokens.items()
        if {*grant.access, grant.refresh} & {*tokens}
    ]
    if grant.refresh not in grant.received:
        return NEVER_CAME
    if grant.received[grant.refresh].dead and (lost := _lost_by_a_kill(world, grant, token)):
        return lost
    if token in world.webex.revocations_failed:
        return "its revocation failed"
    if not mine:
        return "its sign-in failed"
    if world.lossy:
        return LOST_BY_REDIS
    ways = {chronicle.to_be_ended.get(handle) for handle in mine} - {None}
    if chronicle.to_be_ended_elsewhere.intersection(mine):
        return ENDED_ELSEWHERE
    if ways:
        return f"its session was {min(filter(None, ways))}"
    maker_lives = not grant.received[grant.refresh].dead
    if any(_ran_out(world, handle, maker_lives=maker_lives) for handle in mine):
        return RAN_OUT
    if grant.lost():
        return NEVER_CAME
    return "nobody knows why"


def _lost_by_a_kill(world: "World", grant: Grant, token: str) -> str | None:
    if grant.refresh not in world.chronicle.in_redis:
        return KILLED
    return UNANNOUNCED if _lies_unannounced(world, token) else None


def _lies_unannounced(world: "World", token: str) -> bool:
    """Whether it lies in a letter that Redis did not let anybody announce."""
    chronicle, redis = world.chronicle, world.redis
    return any(
        token in chronicle.sealed.get(redis.get(key) or b"", ()) for key in chronicle.not_announced
    )


def _ran_out(world: "World", handle: str, *, maker_lives: bool) -> bool:
    begun, used = world.chronicle.begun.get(handle), world.chronicle.used_at.get(handle, 0.0)
    wrong = 2 * max(map(abs, world.skews)) + 1
    ran_out = world.now - used > world.idle_seconds - _early(world) - 1
    return (
        ran_out
        # Whoever made a session that nobody shows ends it, with its tokens.
        or (_never_shown(world, handle) and not maker_lives)
        or bool(begun and begun.ends_at <= world.loop.wall + wrong)
    )
