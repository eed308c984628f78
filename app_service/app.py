"""The composition root of the app service: the only place that wires its parts together."""

import os
from collections.abc import AsyncIterator

from aiohttp import web

from app_service.handlers import SETTINGS
from app_service.people import PEOPLE, People
from app_service.redis_needs import NEEDS
from app_service.routes import setup_routes
from app_service.settings import Settings
from app_service.space_app import setup_space
from app_service.visitor.auth_client import RefreshClient
from app_service.visitor.reseal_client import ResealClient
from app_service.visitor.signed_in import SESSIONS
from app_service.visitor.with_token import WITH_TOKEN, WithToken
from app_service.webex import Webex
from common.sessions.reader import SessionReader
from common.sessions.sealing import Sealer
from common.store.access import open_redis
from common.web.app import service_app
from common.web.serve import runner
from common.webex.webex_session import open_webex_http

# The auth service waits for Webex; its answer needs a little longer.
REFRESH_EXTRA_SECONDS = 5


def create_app(settings: Settings) -> web.Application:
    """Settings, Redis, middlewares and templates, what needs a running loop, routes: in this order."""
    redis = open_redis(settings.redis_url, settings.redis_credentials)
    app = service_app(settings, redis, package="app_service", needs=NEEDS)
    app[SETTINGS] = settings

    async def resources(app: web.Application) -> AsyncIterator[None]:
        session, http = open_webex_http(timeout_seconds=settings.webex_timeout_seconds)
        reseal = ResealClient(session, settings.auth_url)
        app[SESSIONS] = sessions = SessionReader(
            redis,
            Sealer(settings.session_keys),
            idle_seconds=settings.session_idle_seconds,
            on_outdated=reseal.ask,
        )
        patience = settings.webex_timeout_seconds + REFRESH_EXTRA_SECONDS
        refresh = RefreshClient(session, settings.auth_url, timeout_seconds=patience)
        with_token = WithToken(sessions, refresh)
        app[WITH_TOKEN] = with_token
        app[PEOPLE] = People(Webex(http, settings.webex.api_url), with_token, sessions)
        yield
        await with_token.finish()
        await reseal.finish()
        await session.close()
        await redis.close()

    app.cleanup_ctx.append(resources)
    setup_space(app, settings, redis)
    setup_routes(app)
    return app


async def main() -> web.AppRunner:
    """Gunicorn's entry point."""
    return runner(create_app(Settings.read(os.environ)))
