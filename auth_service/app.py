"""The composition root of the auth service: the only place that wires its parts together."""

import os
from collections.abc import AsyncIterator

from aiohttp import web

from auth_service.binding.binder import Binder
from auth_service.binding.bindings import Bindings
from auth_service.binding.challenges import Challenges
from auth_service.binding.handlers import BINDER, REGISTRATION, RENEWAL
from auth_service.handlers import PENDING_SIGN_INS, REFRESHER, RESEALER, SIGN_IN
from auth_service.oauth import flow
from auth_service.oauth.outbox import OUTBOX, Outbox
from auth_service.oauth.webex import WebexOAuth
from auth_service.redis_needs import NEEDS
from auth_service.routes import setup_routes
from auth_service.sessions.lease import LeaseEnds
from auth_service.sessions.of_person import PersonSessions
from auth_service.sessions.person_index import PersonIndex
from auth_service.sessions.refresh import Refresher
from auth_service.sessions.relisting import Relister, Resealer
from auth_service.sessions.visitor_sessions import VisitorSessions
from auth_service.sessions.writer import SessionWriter
from auth_service.sessions_page import PERSON_SESSIONS, SESSIONS, VISITOR_SESSIONS
from auth_service.settings import Settings
from auth_service.settings_key import SETTINGS
from auth_service.sign_in.embedding import EMBEDDINGS, Embeddings
from auth_service.sign_in.ends import SignInEnds
from auth_service.sign_in.landing import LANDING, Landing
from auth_service.sign_in.pending import PendingSignIns
from auth_service.sign_in.sign_in import SignIn
from auth_service.sign_in.unconfirmed import UNCONFIRMED, Unconfirmed
from auth_service.sign_in.unfinished import UNFINISHED, UnfinishedSignOuts
from common.background import running
from common.sessions.bound_cookie import BoundCookies
from common.sessions.cookies import COOKIES
from common.sessions.reader import SessionReader
from common.sessions.sealing import Sealer
from common.sessions.ticket import Ticket
from common.store.access import RedisAccess, open_redis
from common.web.app import service_app
from common.web.runner import EntryPoint, entry_point
from common.webex.http import open_webex_http


def create_app(settings: Settings) -> web.Application:
    """Settings, Redis, middlewares and templates, what needs a running loop, routes: in this order."""
    redis = open_redis(
        settings.redis_url, settings.redis_credentials, own_reader=settings.redis_own_reader
    )
    app = service_app(settings, redis, package="auth_service", needs=NEEDS)
    app[SETTINGS] = settings

    async def resources(app: web.Application) -> AsyncIterator[None]:
        session, http = open_webex_http(timeout_seconds=settings.webex_timeout_seconds)
        webex = WebexOAuth(
            http, settings.webex, _client(settings), max_age=settings.sign_in_max_age
        )
        lease_ends = LeaseEnds(redis)
        _wire(app, settings, redis, webex, lease_ends)
        async with running(app[OUTBOX].run()):
            yield
        await app[REFRESHER].finish()
        await app[RESEALER].finish()
        await app[LANDING].close()
        await app[UNCONFIRMED].close()
        await app[UNFINISHED].close()
        await app[SIGN_IN].close()
        await app[OUTBOX].close()
        await lease_ends.close()
        await session.close()
        await redis.close()

    app.cleanup_ctx.append(resources)
    setup_routes(app)
    return app


def _wire(
    app: web.Application,
    settings: Settings,
    redis: RedisAccess,
    webex: WebexOAuth,
    lease_ends: LeaseEnds,
) -> None:
    sealer = Sealer(settings.session_keys)
    pending_sign_ins = PendingSignIns(redis, sealer, app[COOKIES])

    def outdated(ticket: Ticket) -> None:
        app[RESEALER].soon(ticket)

    sessions = SessionReader(
        redis,
        sealer,
        idle_seconds=settings.session_idle_seconds,
        bound_cookies=BoundCookies(sealer, settings.bound_sessions),
        on_outdated=outdated,
    )
    index = PersonIndex(redis, sealer)
    app[OUTBOX] = outbox = Outbox(redis, sealer, webex)
    app[PENDING_SIGN_INS] = pending_sign_ins
    app[SESSIONS] = sessions
    writer = SessionWriter(redis, sessions)
    relister = Relister(
        redis=redis,
        sealer=sealer,
        sessions=sessions,
        writer=writer,
        index=index,
    )
    app[PERSON_SESSIONS] = people = PersonSessions(
        writer, index, idle_seconds=settings.session_idle_seconds
    )
    app[VISITOR_SESSIONS] = VisitorSessions(sessions, people, relister)

    async def sign_out(ticket: Ticket) -> None:
        await app[SIGN_IN].sign_out(ticket)

    app[UNCONFIRMED] = unconfirmed = Unconfirmed(writer, sign_out)
    app[SIGN_IN] = SignIn(
        pending_sign_ins=pending_sign_ins,
        webex=webex,
        outbox=outbox,
        sessions=sessions,
        writer=writer,
        index=index,
        ends=SignInEnds(redis, sealer),
        unconfirmed=unconfirmed,
        scopes=settings.scopes_asked,
        scopes_max=settings.scopes_max,
        session_max_seconds=settings.session_max_seconds,
        allowlist=settings.allowlist,
        contact=settings.site.contact,
    )
    app[BINDER] = Binder(
        redis=redis,
        writer=writer,
        bindings=Bindings(redis, sealer),
        challenges=Challenges(redis, sealer),
        cookies=sessions.bound_cookies,
        sign_out=app[SIGN_IN].sign_out,
        registration=f"{settings.public_url}{REGISTRATION}",
        renewal=f"{settings.public_url}{RENEWAL}",
    )
    app[UNFINISHED] = UnfinishedSignOuts(
        sealer, sign_out, idle_seconds=settings.session_idle_seconds
    )
    app[LANDING] = Landing(
        sealer=sealer,
        cookies=app[COOKIES],
        sessions=sessions,
        unconfirmed=unconfirmed,
        unfinished=app[UNFINISHED],
    )
    app[EMBEDDINGS] = Embeddings(redis, sealer)
    app[RESEALER] = Resealer(redis, relister)
    app[REFRESHER] = Refresher(
        redis=redis,
        writer=writer,
        relister=relister,
        webex=webex,
        outbox=outbox,
        lease_ends=lease_ends,
    )


def _client(settings: Settings) -> flow.Client:
    return flow.Client(settings.webex.client_id, settings.client_secret, settings.redirect_uri)


def main() -> EntryPoint:
    """What gunicorn calls: before the fork, unless code changes."""
    return entry_point(create_app(Settings.read(os.environ)))
