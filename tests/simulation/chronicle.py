"""What happened to each session, as far as somebody outside could know it: the checks judge by this."""

import contextlib
import traceback
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any
from unittest import mock

from aiohttp import web

from auth_service import handlers
from auth_service.oauth.outbox import Letter, Outbox
from auth_service.sessions.of_person import PersonSessions
from auth_service.sign_in.sign_in import Finished, SignIn
from common.failures import Failure
from common.sessions.idle_clock import Prolonged
from common.sessions.lifetime import Lifetime
from common.sessions.reader import SessionReader
from common.sessions.record import Session
from common.sessions.ticket import Ticket
from common.store.access import StoreUnavailable
from tests.simulation.redis_stand_in import RedisStandIn

if TYPE_CHECKING:
    from tests.simulation.replicas import AuthReplica
    from tests.simulation.world import World


ENDED_ELSEWHERE = "ended from elsewhere"


class Promise(Enum):
    STAYS_ENDED = "a session that was ended stays ended"
    STAYS_SIGNED_IN = "nobody is signed out without a reason"
    ONE_CALL = "for one grant there is one token call at a time"
    NO_TOKEN_FORGOTTEN = "no token lives on at Webex that nobody will revoke"
    LISTED = "a live session is in its person's list, once, and ends with its entry"
    OWN = "nobody gets another person's session or token"
    LIMITS = "no session outlives its limits, or ends before them"
    HELD = "no session lives on that no browser holds"
    STREAM_ENDS = "a stream ends with its session"
    ONE_SET = "there is one whole set of webhooks while somebody looks"
    ONLY_FAILURES = "what goes wrong is one of our failures"
    DEVICE = "a bound session is shown to nobody without its device"
    SERVED = "where nothing fails nobody is told to try later, and Webex is asked once"
    ENDS = "everything comes to an end"


def _without_a_page(_: object, failure: Failure) -> web.Response:
    return web.Response(status=failure.status)


def _may_be_held(key: object) -> bool:
    return isinstance(key, str) and key.startswith(("session:", "revoke:{"))


def _heard_letters(sealed: dict[bytes, tuple[str, ...]]) -> property:
    """`Letter.sealed`, noting what is in it."""
    read = Letter.sealed.fget  # type: ignore[attr-defined]

    def heard(letter: Letter) -> bytes:
        value: bytes = read(letter)
        sealed[value] = tuple(letter.tokens)
        return value

    return property(heard)


def _heard_announcements(refused: set[str]) -> Any:
    """`Outbox._announce`, noting what Redis does not take."""
    announce = Outbox._announce  # noqa: SLF001

    async def heard(outbox: Outbox, letter: Letter, *, due_ms: int) -> None:
        try:
            await announce(outbox, letter, due_ms=due_ms)
        except StoreUnavailable:
            refused.add(letter.key)
            raise

    return heard


@dataclass(frozen=True)
class Violation:
    promise: Promise
    what: str


@dataclass
class Chronicle:
    world: "World"
    violations: list[Violation] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    tickets: dict[str, Ticket] = field(default_factory=dict)
    # By handle: the tokens that were ever sealed into its record, and the session as it began.
    tokens: dict[str, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))
    # The same by what was sealed, records and letters, and which of them Redis ever held.
    sealed: dict[bytes, tuple[str, ...]] = field(default_factory=dict)
    in_redis: set[str] = field(default_factory=set)
    # Letters of the outbox that Redis did not let be announced, by their keys.
    not_announced: set[str] = field(default_factory=set)
    begun: dict[str, Session] = field(default_factory=dict)
    # By handle: when the browser had its cookie, when it was used last, since when it is ended and how.
    held_since: dict[str, float] = field(default_factory=dict)
    # Whose cookie somebody has shown, so that it lives for longer than its first minute.
    shown: set[str] = field(default_factory=set)
    # Whose callback was sent again, and answered by the same session.
    handed_again: set[str] = field(default_factory=set)
    # At which replicas its browser has landed with it: what Redis does not take then, each tries again.
    landed: dict[str, list["AuthReplica"]] = field(default_factory=lambda: defaultdict(list))
    # When its browser heard that it is bound.
    bound_since: dict[str, float] = field(default_factory=dict)
    used_at: dict[str, float] = field(default_factory=dict)
    tried_at: dict[str, float] = field(default_factory=dict)
    ended_at: dict[str, tuple[float, str]] = field(default_factory=dict)
    # What somebody was about to end, whether or not they heard that it was done.
    to_be_ended: dict[str, str] = field(default_factory=dict)
    # By a person in another browser, or by an administrator: whose tokens nobody can read.
    to_be_ended_elsewhere: set[str] = field(default_factory=set)
    # Why no browser holds it, where that is known.
    let_go: dict[str, str] = field(default_factory=dict)
    ended_unlisted: dict[str, str] = field(default_factory=dict)
    entry_lost: set[str] = field(default_factory=set)

    def violated(self, promise: Promise, what: str) -> None:
        self.violations.append(Violation(promise, what))
        self.world.trace.add("VIOLATION", f"{promise.name}: {what}")

    def surprised_by(self, what: str, error: BaseException) -> None:
        words = "".join(traceback.format_exception(error))[-1500:]
        self.violated(Promise.ONLY_FAILURES, f"{what}: {words}")

    def taken(self, server: RedisStandIn, command: Sequence[Any]) -> None:
        """Redis has run a command: what it holds of it now is not lost with whoever sent it."""
        for value in (part for part in command if isinstance(part, bytes) and part in self.sealed):
            if any(server.get(key) == value for key in command if _may_be_held(key)):
                self.in_redis.update(self.sealed[value])

    def to_end(self, handle: str, why: str) -> None:
        self.to_be_ended.setdefault(handle, why)
        if why == ENDED_ELSEWHERE:
            self.to_be_ended_elsewhere.add(handle)

    def was_ended(self, handle: str, why: str) -> None:
        if handle in self.entry_lost:
            # In no list: over when it is used next.
            self.ended_unlisted.setdefault(handle, why)
        else:
            self.ended_at.setdefault(handle, (self.world.now, why))

    def person_of(self, handle: str) -> str | None:
        grants = self.world.webex.by_token
        return next((grants[token].person for token in self.tokens[handle]), None)

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Hear from the real classes what no browser sees; nothing of what they do changes."""
        new, sealed, end = Ticket.new.__func__, SessionReader.sealed, PersonSessions._end  # type: ignore[attr-defined]  # noqa: SLF001
        replace, prolong = SignIn._replace, Lifetime.prolong
        again = SignIn._again  # noqa: SLF001

        def new_heard(cls: type[Ticket]) -> Ticket:
            ticket: Ticket = new(cls)
            self.tickets[ticket.handle] = ticket
            return ticket

        def sealed_heard(store: SessionReader, ticket: Ticket, session: Session) -> bytes:
            self.begun.setdefault(ticket.handle, session)
            self.used_at.setdefault(ticket.handle, self.world.now)
            both = (session.tokens.access_token, session.tokens.refresh_token)
            tokens = tuple(token for token in both if token)
            self.tokens[ticket.handle] |= dict.fromkeys(tokens)
            record: bytes = sealed(store, ticket, session)
            self.sealed[record] = tokens
            return record

        async def end_heard(people: PersonSessions, meant: Any) -> None:
            for handle in meant:
                self.to_end(handle, ENDED_ELSEWHERE)
            await end(people, meant)

        async def replace_heard(sign_in: SignIn, old: Ticket | None, *rest: Any) -> None:
            if old is not None:
                self.to_end(old.handle, "replaced by a new sign-in")
            await replace(sign_in, old, *rest)

        async def again_heard(sign_in: SignIn, *callback: Any) -> Finished:
            finished = await again(sign_in, *callback)
            if finished.ticket:
                self.handed_again.add(finished.ticket.handle)
            return finished

        async def prolong_heard(lifetime: Lifetime, handle: str, session: Session) -> Prolonged:
            self.shown.add(handle)
            return await prolong(lifetime, handle, session)

        with (
            mock.patch.object(SignIn, "_again", again_heard),
            mock.patch.object(Lifetime, "prolong", prolong_heard),
            mock.patch.object(Ticket, "new", classmethod(new_heard)),
            mock.patch.object(SessionReader, "sealed", sealed_heard),
            mock.patch.object(Outbox, "_announce", _heard_announcements(self.not_announced)),
            mock.patch.object(Letter, "sealed", _heard_letters(self.sealed)),
            mock.patch.object(PersonSessions, "_end", end_heard),
            mock.patch.object(SignIn, "_replace", replace_heard),
            # Nobody reads pages here.
            mock.patch.object(handlers, "answer_for", _without_a_page),
        ):
            yield
