"""The world of one run: replicas, Redis, Webex and browsers; scenarios move them."""

import asyncio
import contextlib
import json
import random
from collections.abc import Awaitable, Sequence
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

from aiohttp import web
from multidict import CIMultiDict, CIMultiDictProxy

from app_service.live.viewer import Viewer
from auth_service import handlers, sessions_page
from auth_service.binding import handlers as binding
from auth_service.sign_in.return_path import LANDING
from common.failures import Failure, SignInAgain
from common.sessions.keys import session_key
from common.sessions.ticket import Ticket
from common.webex.http import WebexAnswer, WebexError, WebexRefusal
from harness.browser_like import Answer
from tests.simulation.chronicle import ENDED_ELSEWHERE, Chronicle, Promise
from tests.simulation.loop import START, VirtualLoop
from tests.simulation.network import Network
from tests.simulation.redis_stand_in import RedisStandIn
from tests.simulation.replicas import (
    PLAYED_COOKIES,
    RUNS_AT,
    AppReplica,
    AuthReplica,
    Gone,
    Replica,
)
from tests.simulation.requests import store
from tests.simulation.trace import Trace
from tests.simulation.webex import Webex

T = TypeVar("T")

# As long as a touch that failed is tried again (common.sessions.reader), and a little.
TOO_LATE_SECONDS = 25
OLD_KEY, NEW_KEY = "old", "new"


class World:
    def __init__(self, loop: VirtualLoop, dice: random.Random, *, tracing: bool = False) -> None:
        self.loop = loop
        self.dice = dice
        self.trace = Trace(tracing, loop.time)
        redis = RedisStandIn(lambda: int(self.loop.wall * 1000))
        self.network = Network(redis, dice, self.trace)
        self.webex = Webex(dice, self.trace)
        self.chronicle = Chronicle(self)
        self.network.taken = self.chronicle.taken
        self.idle_seconds, self.max_seconds = 8 * 3600, 14 * 86400
        # What SESSION_KEYS a replica may start with, newest first.
        self.key_sets: Sequence[Sequence[str]] = [[OLD_KEY]]
        # By how many seconds a clock may be wrong.
        self.skews: Sequence[float] = [0.0]
        # Whether commands of one moment travel one by one, as to a cluster.
        self.apart = False
        # Whether Redis lost what it had said was written.
        self.lossy = False
        # Whether nothing goes wrong, so that nothing may fail either.
        self.faultless = False
        # Whether sessions are offered to be bound to their devices.
        self.bound = False
        self.kills = 0
        self.auths: list[AuthReplica] = []
        self.apps: list[AppReplica] = []
        self.browsers: list[Browser] = []
        self.streams: list[tuple[AppReplica, Viewer]] = []
        loop.set_task_factory(_at_its_replica)

    @property
    def now(self) -> float:
        return self.loop.time()

    @property
    def redis(self) -> RedisStandIn:
        """The master."""
        return self.network.server

    def build(self, auths: int = 2, apps: int = 2) -> None:
        """Start replicas in the place of those that are there."""
        self.auths = [
            AuthReplica(self, f"auth{n}", self._keys(), self._skew()) for n in range(auths)
        ]
        self.apps = [AppReplica(self, f"app{n}", self._keys(), self._skew()) for n in range(apps)]
        self.admin = AuthReplica(self, "admin", self.key_sets[0], serves=False)
        every_key = dict.fromkeys(key for keys in self.key_sets for key in keys)
        self.probe = AuthReplica(self, "probe", list(every_key), serves=False)

    def kill(self, replica: AuthReplica | AppReplica) -> Replica:
        """Kill it, and start another one in its place."""
        self.kills += 1
        replica.kill()
        pool: list[Any] = self.auths if isinstance(replica, AuthReplica) else self.apps
        new = type(replica)(self, f"{replica.name}'", replica.keys, replica.skew)
        pool[pool.index(replica)] = new
        return new

    def any_auth(self) -> AuthReplica:
        return self.dice.choice(self.auths)

    def any_app(self) -> AppReplica:
        return self.dice.choice(self.apps)

    def browser(self, person: str) -> "Browser":
        browser = Browser(self, f"b{len(self.browsers)}", person)
        self.browsers.append(browser)
        return browser

    async def rest(self, most: float) -> None:
        """Let some time pass."""
        await asyncio.sleep(self.dice.uniform(0, most))

    async def admin_ends(self, person: str) -> None:
        """An administrator ends all of a person's sessions."""
        began = self.now
        self.to_end(person)
        await self.admin.does("admin end", lambda: self.admin.people.end_all(person))
        self.note_ended(person, began, "an administrator's end")

    def to_end(self, person: str, *, but: str | None = None) -> None:
        """Somebody is about to end all sessions of a person."""
        for handle in list(self.chronicle.tokens):
            if handle != but and self.chronicle.person_of(handle) == person:
                self.chronicle.to_end(handle, ENDED_ELSEWHERE)

    def note_ended(self, person: str, began: float, why: str, *, but: str | None = None) -> None:
        """It was answered that all sessions that the person had then are over."""
        for handle, since in self.chronicle.held_since.items():
            if handle != but and since < began and self.chronicle.person_of(handle) == person:
                self.chronicle.was_ended(handle, why)
        self.trace.add("WORLD", f"{why} of {person} is answered")

    def heal(self) -> None:
        self.network.heal()
        self.webex.script = type(self.webex.script)()

    def _keys(self) -> Sequence[str]:
        return self.dice.choice(self.key_sets)

    def _skew(self) -> float:
        return self.dice.choice(self.skews)


class Browser:
    """Somebody's browser. It keeps what each answer sets at the moment at which the answer comes."""

    def __init__(self, world: World, name: str, person: str) -> None:
        self.world = world
        self.name = name
        self.person = person
        self.jar: dict[str, str] = {}
        # The answer of the last sign-in that came, if it offers to bind the session.
        self.offer: Answer | None = None
        # Whether it follows an answer to the landing; else it opens a page.
        self.lands = True

    @property
    def ticket(self) -> Ticket | None:
        return Ticket.parse(self.jar.get(PLAYED_COOKIES.session))

    async def sign_in(self) -> None:
        await self.callback(await self.login())

    async def login(self, person: str | None = None) -> str:
        """Go to Webex and agree; return the address that Webex leads back to."""
        response = await self._ask_auth("login", handlers.login, "GET", "/login")
        (state,) = parse_qs(urlsplit(response.headers["Location"]).query)["state"]
        return f"/oauth?code={self.world.webex.code(person or self.person)}&state={state}"

    async def callback(self, path: str, *, lost: bool = False) -> None:
        """Come back from Webex; with `lost` the answer never arrives."""
        chronicle, world = self.world.chronicle, self.world
        before = self.ticket
        answer = await self._ask_auth("callback", handlers.callback, "GET", path, lost=lost)
        self.offer = _offering(answer)
        mine = self.ticket
        if mine is not None and mine.handle not in chronicle.held_since:
            chronicle.held_since[mine.handle] = world.now
            was = before and before.handle[:5]
            world.trace.add(self.name, f"holds {mine.handle[:5]}, was {was}")
        await self._land(answer)

    async def logout(self) -> None:
        chronicle, ticket = self.world.chronicle, self.ticket
        if ticket is None:
            return
        chronicle.to_end(ticket.handle, "signed out")
        answer = await self._ask_auth("logout", handlers.logout, "POST", "/logout")
        if answer.status < web.HTTPBadRequest.status_code:
            chronicle.was_ended(ticket.handle, "a sign-out")
        else:
            answer.headers["Location"] = LANDING  # whoever is told to come back presses the button
        await self._land(answer)

    async def _land(self, answer: web.StreamResponse) -> None:
        """Follow the answer to a sign-in or a sign-out; nginx asks another replica if one dies."""
        while self.lands and urlsplit(answer.headers.get("Location", "")).path == LANDING:
            held, auth = self.ticket, self.world.any_auth()
            with contextlib.suppress(Gone):
                answer = await self._ask_auth("landing", handlers.landing, "GET", LANDING, at=auth)
                if held:
                    self.world.chronicle.landed[held.handle].append(auth)

    async def visit(self, at: AppReplica | None = None) -> tuple[AppReplica, Any] | None:
        """Open a page; return who answered, and as whom the browser was known."""
        cookie, ticket, began = self.jar.get(PLAYED_COOKIES.session), self.ticket, self.world.now
        short = self.jar.get(PLAYED_COOKIES.bound)
        app = at or self.world.any_app()
        if cookie is None or ticket is None:
            await self._take_up_sign_out()
            return None
        counts = self._is_in_time(ticket.handle)
        try:
            visitor = await app.does("visit", lambda: app.sessions.visit(cookie, short))
        except (Failure, Gone):
            self.world.chronicle.tried_at[ticket.handle] = self.world.now
            raise
        self._seen(ticket.handle, visitor.session if visitor else None, began)
        if visitor is None:
            return None
        if counts:
            self.world.chronicle.used_at[ticket.handle] = self.world.now
        if visitor.person is None and self.world.dice.random() < 0.5:
            # As the greeting does it; then the replica remembers the session for a while.
            with contextlib.suppress(Failure, Gone):
                person = {"id": visitor.session.person_id}
                await app.does("keep", lambda: app.sessions.keep_person(visitor.ticket, person))
        return app, visitor

    async def _take_up_sign_out(self) -> None:
        """Bring the wish of a sign-out that was not finished, as a page for strangers passes it on."""
        wish = self.jar.get(PLAYED_COOKIES.sign_out)
        if wish:
            await self.world.any_auth().handle(
                "take up a sign-out",
                handlers.finish_sign_out,
                method="POST",
                path="/internal/sign-out",
                json=json.dumps({"wish": wish}),
            )

    async def call(self) -> None:
        """Open a page that asks Webex."""
        visited = await self.visit()
        if visited is None:
            return
        app, visitor = visited
        try:
            await app.does(
                "call",
                lambda: app.with_token.call(
                    visitor, lambda token: self._verb(token, visitor.session.person_id)
                ),
            )
        except SignInAgain:
            self.world.trace.add(self.name, f"is told that {visitor.ticket.handle[:5]} is over")
            self._gone(visitor.ticket.handle)
        except WebexError:
            pass

    async def list_sessions(self) -> None:
        """Open /sessions."""
        auth, ticket = self.world.any_auth(), self.ticket
        if ticket is None:
            return

        async def verb() -> bool:
            session = await auth.sessions.load(ticket)
            if session is None:
                return False
            await auth.visitor_sessions.seen_by(ticket, session, "Firefox")
            return True

        counts = self._is_in_time(ticket.handle)
        self.world.chronicle.tried_at[ticket.handle] = self.world.now
        if await auth.does("sessions page", verb) and counts:
            self.world.chronicle.used_at[ticket.handle] = self.world.now

    async def end_others(self) -> None:
        """End all other sessions of the person, by the form of /sessions."""
        ticket, began, world = self.ticket, self.world.now, self.world
        person = world.chronicle.person_of(ticket.handle) if ticket else None
        if ticket is None or person is None:
            return
        world.to_end(person, but=ticket.handle)
        form = {"session": sessions_page.OTHERS}
        response = await self._ask_auth(
            "end others", sessions_page.end_sessions, "POST", "/sessions/end", form=form
        )
        if urlsplit(response.headers["Location"]).path == sessions_page.HERE:
            world.note_ended(person, began, "an end of all others", but=ticket.handle)

    async def watch(self, at: AppReplica | None = None) -> Viewer | None:
        """Open a stream, as `app_service.live.stream` does."""
        visited = await self.visit(at)
        if visited is None:
            return None
        app, visitor = visited

        async def verb() -> Viewer:
            await app.admission.check(visitor)
            viewer = Viewer(visitor, None)
            app.live.join(viewer)
            if await app.sessions.load(visitor.ticket) is None:
                viewer.end("signed_out")
                app.live.leave(viewer)
            return viewer

        viewer: Viewer = await app.does("watch", verb)
        self.world.streams.append((app, viewer))
        return viewer

    async def _ask_auth(  # noqa: PLR0913 - what a request has
        self,
        what: str,
        handler: Any,
        method: str,
        path: str,
        *,
        form: dict[str, str] | None = None,
        lost: bool = False,
        at: AuthReplica | None = None,
    ) -> web.StreamResponse:
        response: web.StreamResponse = await (at or self.world.any_auth()).handle(
            what,
            handler,
            lost=lost,
            method=method,
            path=path,
            cookies=dict(self.jar),
            form=form,
        )
        held = self.ticket
        store(self.jar, response)
        if held and held != self.ticket:
            self.world.chronicle.let_go.setdefault(
                held.handle, f"the answer to {what} took its cookie"
            )
        return response

    async def _verb(self, token: str, person: str) -> None:
        webex = self.world.webex
        await asyncio.sleep(self.world.dice.uniform(0.01, 0.1))
        if webex.by_token[token].person != person:
            self.world.chronicle.violated(Promise.OWN, f"{self.name} calls with {token}")
        if not webex.lives(token):
            raise WebexRefusal(WebexAnswer(401, {}, {}))

    def _is_in_time(self, handle: str) -> bool:
        """Whether what begins now can move the session's end, which is as Redis has it.

        In the last moments before it there is no time to try again what Redis lost.
        """
        redis, network = self.world.redis, self.world.network
        ends = redis.ends(session_key(handle))
        margin = TOO_LATE_SECONDS if network.faults.refused else 1
        return ends is not None and ends - redis.clock() > 1000 * margin

    def _seen(self, handle: str, session: Any, began: float) -> None:
        """Judge what a page showed."""
        world, chronicle = self.world, self.world.chronicle
        if session is None:
            self._gone(handle)
            return
        ended = chronicle.ended_at.get(handle)
        if ended and ended[0] < began and not world.lossy:
            chronicle.violated(Promise.STAYS_ENDED, f"{handle[:5]} is shown after {ended[1]}")
        if session.person_id != chronicle.person_of(handle):
            chronicle.violated(Promise.OWN, f"{handle[:5]} is shown as {session.person_id}")
        # One that was answered by an error page may have moved the clock all the same.
        last = max(chronicle.used_at.get(handle, began), chronicle.tried_at.get(handle, 0.0))
        idle = began - last
        if idle > world.idle_seconds + 2 and not world.lossy:
            chronicle.violated(
                Promise.LIMITS, f"{handle[:5]} is shown after {idle:.1f} s without use"
            )
        wrong = 2 * max(map(abs, world.skews)) + 0.3
        if session.ends_at + wrong < world.loop.wall - (world.now - began):
            chronicle.violated(Promise.LIMITS, f"{handle[:5]} is shown after its absolute limit")
        chronicle.tried_at[handle] = world.now

    def _gone(self, handle: str) -> None:
        """Judge why a session is over that the browser still holds."""
        from tests.simulation.checks import reason_to_be_gone  # noqa: PLC0415 - it needs the world

        if self.ticket is None or self.ticket.handle != handle:
            return
        reason = reason_to_be_gone(self.world, handle)
        if reason is None:
            words = self.world.chronicle.tokens[handle]
            self.world.chronicle.violated(
                Promise.STAYS_SIGNED_IN, f"{handle[:5]} is gone, {list(words)}"
            )
        else:
            self.world.chronicle.counts[f"gone: {reason}"] += 1


def _offering(answer: web.StreamResponse) -> Answer | None:
    if binding.OFFER not in answer.headers:
        return None
    return Answer(answer.status, CIMultiDictProxy(CIMultiDict(answer.headers)), "")


async def quietly(asking: Awaitable[T]) -> T | Exception:
    """What a person does who gets an error page: nothing."""
    try:
        return await asking
    except (Failure, Gone, WebexError) as error:
        return error


def _at_its_replica(
    loop: asyncio.AbstractEventLoop, work: Any, **options: Any
) -> "asyncio.Task[Any]":
    """Every task belongs to the replica that began it, and ends with it."""
    task = asyncio.Task(work, loop=loop, **options)
    context = options.get("context")
    replica = context.get(RUNS_AT) if context else RUNS_AT.get()
    if replica is not None:
        replica.tasks.add(task)
        task.add_done_callback(replica.tasks.discard)
        if replica.dead:
            loop.call_soon(task.cancel)
    return task


__all__ = ["NEW_KEY", "OLD_KEY", "START", "Browser", "Gone", "World", "quietly"]
