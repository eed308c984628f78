"""The composition root of the app service: the only place that wires its parts together.

What belongs to the space is wired in app_service.space_wiring.
"""

import os
from collections.abc import AsyncIterator
from functools import partial

from aiohttp import web

from app_service.people import PEOPLE, People
from app_service.redis_needs import NEEDS
from app_service.routes import setup_routes
from app_service.settings import Settings
from app_service.settings_key import SETTINGS
from app_service.space_wiring import setup_space
from app_service.visitor.auth_client import BehindClient, RefreshClient
from app_service.visitor.judge import JUDGE, Judge
from app_service.visitor.signed_in import BEHIND, SESSIONS
from app_service.visitor.with_token import WITH_TOKEN, WithToken
from app_service.webex import Webex
from common.sessions.bound_cookie import BoundCookies
from common.sessions.reader import SessionReader
from common.sessions.sealing import Sealer
from common.store.access import RedisAccess, open_redis
from common.web.app import service_app
from common.web.runner import EntryPoint, entry_point
from common.webex.http import open_webex_http

# The auth service waits for Webex; its answer needs a little longer.
REFRESH_EXTRA_SECONDS = 5


def create_app(settings: Settings) -> web.Application:
    """Settings, Redis, middlewares and templates, what needs a running loop, routes: in this order."""
    redis = open_redis(
        settings.redis_url, settings.redis_credentials, own_reader=settings.redis_own_reader
    )
    sealer = Sealer(settings.session_keys)
    app = service_app(
        settings,
        redis,
        package="app_service",
        needs=NEEDS,
        ancestors=settings.embed_origins,
    )
    app[SETTINGS] = settings
    app.cleanup_ctx.append(partial(_visitors, redis=redis, sealer=sealer))
    setup_space(app, redis=redis, sealer=sealer)
    setup_routes(app)
    return app


async def _visitors(
    app: web.Application, *, redis: RedisAccess, sealer: Sealer
) -> AsyncIterator[None]:
    """Sessions, their tokens, and who the person is."""
    settings = app[SETTINGS]
    session, http = open_webex_http(timeout_seconds=settings.webex_timeout_seconds)
    behind = BehindClient(session, settings.auth_url)
    sessions = SessionReader(
        redis,
        sealer,
        idle_seconds=settings.session_idle_seconds,
        bound_cookies=BoundCookies(sealer, settings.bound_sessions),
        on_outdated=behind.reseal,
    )
    patience = settings.webex_timeout_seconds + REFRESH_EXTRA_SECONDS
    refresh = RefreshClient(session, settings.auth_url, timeout_seconds=patience)
    with_token = WithToken(sessions, refresh)
    app[BEHIND], app[SESSIONS], app[WITH_TOKEN] = behind, sessions, with_token
    app[PEOPLE] = people = People(Webex(http, settings.webex.api_url), with_token, sessions)
    app[JUDGE] = Judge(
        settings.allowlist, settings.site.contact, read=people.read, end=behind.end_session
    )
    yield
    await with_token.finish()
    await behind.finish()
    await session.close()
    await redis.close()


def main() -> EntryPoint:
    """What gunicorn calls: before the fork, unless code changes."""
    return entry_point(create_app(Settings.read(os.environ)))
