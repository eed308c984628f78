"""Replicas of both services, of the real classes; only Redis, Webex and the sockets are played."""

import asyncio
import contextlib
import contextvars
import json
from collections.abc import Awaitable, Callable, Sequence
from contextvars import ContextVar
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Self, cast

import aiohttp
import aiohttp_jinja2
from aiohttp import web

from app_service.live.audience import Viewers
from app_service.live.board import Board
from app_service.live.feed import Live
from app_service.live.registrations import Registrations
from app_service.live.rounds import Rounds
from app_service.live.stream_limit import StreamLimit
from app_service.live.webhook_keeper import WebhookKeeper
from app_service.news import Announcements
from app_service.people import People
from app_service.space.admission import Admission
from app_service.space.bot_entrance import BotEntrance
from app_service.space.members import Members
from app_service.space.place import WIDGET
from app_service.space.space import Space
from app_service.visitor.auth_client import PROBLEM, BehindClient, RefreshClient
from app_service.visitor.judge import Judge
from app_service.visitor.with_token import WithToken
from app_service.webex import Webex as WebexApi
from auth_service import handlers, sessions_page
from auth_service.app import _wire
from auth_service.oauth.flow import Client
from auth_service.oauth.outbox import LOOK_SECONDS, OUTBOX
from auth_service.oauth.webex import WebexOAuth
from auth_service.sessions.lease import LeaseEnds
from auth_service.sessions.person_index import PersonIndex
from auth_service.settings import Settings
from auth_service.settings_key import SETTINGS
from common.failures import Failure
from common.sessions.bound_cookie import BoundCookies
from common.sessions.cookies import COOKIES, Cookies
from common.sessions.keys import ENDED_CHANNEL, REVOKE_DUE
from common.sessions.reader import SessionReader
from common.sessions.sealing import Sealer
from common.settings.allowlist import Allowlist
from common.settings.bound_sessions import BoundSessions
from common.store.access import RedisAccess, StoreUnavailable
from common.store.servers import Single
from common.web.failure_texts import problem
from common.web.templates import template_environment
from common.webex.http import WebexError
from harness.site import PUBLIC_URL
from tests.simulation.loop import SKEW
from tests.simulation.network import SimulatedRedis
from tests.simulation.requests import asked
from tests.simulation.webex import PATIENCE_SECONDS, ROOM, Wire

if TYPE_CHECKING:
    from tests.simulation.world import World

Verb = Callable[[], Awaitable[Any]]

# As the setting is by default.
STREAMS_PER_PERSON = 20
PLAYED_COOKIES = Cookies(PUBLIC_URL)
# Which replica runs the code at hand.
RUNS_AT: ContextVar["Replica | None"] = ContextVar("runs_at", default=None)
TEMPLATES = template_environment(static=lambda name: name, sandbox=True)


class Apart(Single):
    """Each command travels by itself, as to a cluster."""

    joins_commands = False


class Joined(Single):
    """Commands of one moment share a round trip; of two replicas the second has connections of its own."""

    client: SimulatedRedis

    def __init__(self, client: SimulatedRedis, name: str) -> None:
        super().__init__(client, own_reader="1" in name)

    def new_connection(self) -> Any:
        return self.client.own_connection()


class Gone(Exception):
    """No answer: the replica was killed, or the answer was lost."""


@lru_cache
def settings(keys: Sequence[str], idle_seconds: int, max_seconds: int) -> Settings:
    """What a replica reads at its start."""
    return Settings.read(
        {
            "SESSION_KEYS": " ".join(key * 16 for key in keys),
            "SESSION_IDLE_SECONDS": str(idle_seconds),
            "SESSION_MAX_SECONDS": str(max_seconds),
            "SCOPES_MAX": "spark:people_read spark:rooms_read",
            "REDIS_URL": "redis://played:6379/0",
            "CLIENT_ID": "played",
            "CLIENT_SECRET": "insecure",
        }
    )


class Replica:
    def __init__(self, world: "World", name: str, keys: Sequence[str], skew: float) -> None:
        self.world = world
        self.name = name
        self.keys = keys
        self.skew = skew
        self.dead = False
        self.loses_what_is_sent = False
        self.tasks: set[asyncio.Task[Any]] = set()
        self.context = contextvars.copy_context()
        self.context.run(RUNS_AT.set, self)
        self.context.run(SKEW.set, skew)
        self.settings = settings(tuple(keys), world.idle_seconds, world.max_seconds)
        if world.bound:
            # Over http, which settings refuse: cookies are told apart by their names alone here.
            self.settings = replace(self.settings, bound_sessions=BoundSessions.OFFERED)
        self.sealer = Sealer(self.settings.session_keys)
        client = SimulatedRedis(world.network, self)
        self.redis = RedisAccess(Apart(client) if world.apart else Joined(client, name))
        self.app = web.Application()
        self.app[COOKIES] = PLAYED_COOKIES
        # A handler may answer with a page by itself; making the templates takes longer than a run.
        self.app[aiohttp_jinja2.APP_KEY] = TEMPLATES

    def start(self, work: Awaitable[Any]) -> "asyncio.Task[Any]":
        """Run something beside the requests, here."""
        return asyncio.get_running_loop().create_task(
            cast("Any", work), context=self.context.copy()
        )

    def kill(self) -> None:
        """As kill -9 does: at whatever await each of its tasks is."""
        self.dead = True
        self.loses_what_is_sent = self.world.dice.random() < 0.4
        self.world.trace.add(self.name, "KILLED")
        self._cancel(20)

    def _cancel(self, times: int) -> None:
        """Again and again: a task that is cancelled may go on in its `finally`."""
        left = [task for task in self.tasks if not task.done()]
        for task in sorted(left, key=lambda task: task.get_name()):
            task.cancel()
        if left and times:
            asyncio.get_running_loop().call_later(0.0001, self._cancel, times - 1)

    async def does(self, what: str, verb: Verb, *, lost: bool = False) -> Any:
        """Ask this replica something; raise what it raises, or Gone."""
        world = self.world
        await asyncio.sleep(world.dice.uniform(0.0005, 0.02))
        if self.dead:
            raise Gone
        task = self.start(verb())
        await asyncio.wait({task})
        if task.cancelled():
            raise Gone
        error = task.exception()
        if error is not None and not isinstance(error, Failure | WebexError | aiohttp.ClientError):
            world.chronicle.surprised_by(what, error)
            raise Gone from error
        await asyncio.sleep(world.dice.uniform(0.0005, 0.02))
        if lost:
            raise Gone
        return task.result()


class AuthReplica(Replica):
    """With `serves` it also works off what others have left."""

    def __init__(
        self,
        world: "World",
        name: str,
        keys: Sequence[str],
        skew: float = 0.0,
        *,
        serves: bool = True,
    ) -> None:
        super().__init__(world, name, keys, skew)
        client = Client(self.settings.webex.client_id, "insecure", self.settings.redirect_uri)
        self.app[SETTINGS] = self.settings
        self.webex = WebexOAuth(cast("Any", Wire(world.webex, self)), self.settings.webex, client)
        self.lease_ends = LeaseEnds(self.redis)
        _wire(self.app, self.settings, self.redis, self.webex, self.lease_ends)
        self.index = PersonIndex(self.redis, self.sealer)
        if serves:
            self.start(self._work_off())

    async def _work_off(self) -> None:
        """As Outbox.run, but where nothing lies there, hours pass without a look."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if self.world.redis.ends(REVOKE_DUE) is not None:
                with contextlib.suppress(StoreUnavailable):
                    await self.app[OUTBOX].work_off()

    @property
    def sessions(self) -> SessionReader:
        return self.app[sessions_page.SESSIONS]

    @property
    def people(self) -> Any:
        return self.app[sessions_page.PERSON_SESSIONS]

    @property
    def visitor_sessions(self) -> Any:
        return self.app[sessions_page.VISITOR_SESSIONS]

    async def handle(self, what: str, handler: Any, *, lost: bool = False, **request: Any) -> Any:
        """Ask one of its handlers."""

        async def verb() -> web.StreamResponse:
            return cast("web.StreamResponse", await handler(asked(self.app, **request)))

        return await self.does(what, verb, lost=lost)


class AppReplica(Replica):
    """What `app_service.app` wires; pages are played by `world.Browser`."""

    def __init__(self, world: "World", name: str, keys: Sequence[str], skew: float = 0.0) -> None:
        super().__init__(world, name, keys, skew)
        http = cast("aiohttp.ClientSession", _ToAuth(world))
        self.sessions = SessionReader(
            self.redis,
            self.sealer,
            idle_seconds=world.idle_seconds,
            bound_cookies=BoundCookies(self.sealer, self.settings.bound_sessions),
            on_outdated=BehindClient(http, "http://auth").reseal,
        )
        refresh = RefreshClient(http, "http://auth", timeout_seconds=PATIENCE_SECONDS + 5)
        self.with_token = WithToken(self.sessions, refresh)
        webex = WebexApi(cast("Any", Wire(world.webex, self)), "https://webex.example/v1")
        members = Members(webex, ROOM, ())
        entrance = BotEntrance(webex, self.with_token, ROOM, None)
        space = Space(
            ROOM,
            webex=webex,
            with_token=self.with_token,
            members=members,
            files=cast("Any", None),
            place=WIDGET,
            outside=entrance.outside,
        )
        self.viewers = Viewers(StreamLimit(STREAMS_PER_PERSON))
        self.admission = Admission(entrance)
        behind = BehindClient(http, "http://auth")
        people = People(webex, self.with_token, self.sessions)
        self.rounds = Rounds(
            self.viewers,
            sessions=self.sessions,
            judge=Judge(Allowlist(), "", read=people.read, end=behind.end_session),
            members=members,
            admission=self.admission,
        )
        self.live = Live(
            space,
            Board(cast("Any", _View())),
            viewers=self.viewers,
            sessions=self.sessions,
            with_token=self.with_token,
            on_people_changed=self.rounds.look_soon,
            on_outsider=self.admission.forget,
        )
        self.announcements = Announcements(
            self.redis, {ENDED_CHANNEL: self._session_ended}, after_gap=self.rounds.look_soon
        )
        self.keeper = WebhookKeeper(
            Registrations(self.redis, self.sealer),
            webex=webex,
            live=self.live,
            redis=self.redis,
            room_id=ROOM,
            name="space",
            public_url="https://greetings.example",
        )

    def watch(self, *, webhooks: bool) -> None:
        """Begin with what runs beside the requests where there is a space."""
        for work in (self.announcements.run(), self.rounds.run()):
            self.start(work)
        if webhooks:
            self.start(self.keeper.run())

    def _session_ended(self, handle: str) -> None:
        self.admission.forget(handle)
        self.viewers.end_session(handle, "signed_out")


class _View:
    """Words and pictures are no matter of order."""

    def as_json(self, _: object) -> dict[str, Any]:
        return {}

    def people(self) -> list[Any]:
        return []


class _ToAuth:
    """aiohttp's client on the way from app_service to any auth_service."""

    def __init__(self, world: "World") -> None:
        self._world = world

    def post(self, url: str, *, json: Any, timeout: aiohttp.ClientTimeout, **_: Any) -> "_Asking":
        return _Asking(self._world, url, json, timeout.total or 0.0)


class _Asking:
    def __init__(self, world: "World", url: str, body: Any, seconds: float) -> None:
        self._world = world
        self._path = url.removeprefix("http://auth")
        self._body = json.dumps(body)
        self._seconds = seconds
        self.status = 0
        self.headers: dict[str, str] = {}
        self.content_type = "application/json"
        self._said: dict[str, Any] = {}

    async def __aenter__(self) -> Self:
        replica = self._world.any_auth()
        handler = handlers.refresh if self._path.endswith("refresh") else handlers.reseal
        asking = replica.handle(
            self._path, handler, method="POST", path=self._path, json=self._body
        )
        try:
            async with asyncio.timeout(self._seconds):
                self.status = (await asking).status
        except Gone:
            raise aiohttp.ServerDisconnectedError from None
        except Failure as failure:
            self.status = failure.status
            self.content_type, self._said = PROBLEM, problem(failure, reference=None)
            if failure.retry_after:
                self.headers["Retry-After"] = str(failure.retry_after)
        return self

    async def json(self) -> dict[str, Any]:
        return self._said

    async def __aexit__(self, *_: object) -> None:
        pass
