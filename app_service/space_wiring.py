"""The spaces' part of the composition root: what /spaces and the pages of spaces are made of."""

import contextlib
from collections.abc import AsyncIterator
from functools import partial

import aiohttp
import aiohttp_jinja2
from aiohttp import web

from app_service.live.feeds import FEEDS, Feeds
from app_service.live.webhook import WEBHOOK, Webhook
from app_service.moment import for_people
from app_service.news import NEWS, Announcements, News
from app_service.settings import Settings
from app_service.settings_key import SETTINGS
from app_service.space.failures import too_many_downloads
from app_service.space.files import Files
from app_service.space.pictures import Pictures, open_outside
from app_service.space.spaces import SPACES, Spaces
from app_service.space.transfer_limit import DOWNLOAD_LIMIT, TransferLimit
from app_service.space.uploads import UPLOADS, open_uploads
from app_service.space_routes import setup_space_routes
from app_service.spaces import SPACE_LIST, SpaceList
from app_service.visitor.with_token import WITH_TOKEN
from app_service.webex import Webex
from app_service.workshop import Workshop
from common.background import running
from common.sessions.keys import ENDED_CHANNEL, NEWS_CHANNEL
from common.sessions.sealing import Sealer
from common.store.access import RedisAccess
from common.webex.http import WebexHttp, open_webex_http

# Thirty messages of 7439 bytes each, three times over (text, Markdown, HTML), escaped.
MAX_ANSWER_BYTES = 4_000_000


def setup_space(app: web.Application, *, redis: RedisAccess, sealer: Sealer) -> None:
    """Add it to an application that has the sessions and the tokens."""
    aiohttp_jinja2.get_env(app).filters["for_people"] = for_people
    app.cleanup_ctx.append(partial(_spaces, redis=redis, sealer=sealer))
    app.on_shutdown.append(_end_streams)
    setup_space_routes(app)


async def _spaces(
    app: web.Application, *, redis: RedisAccess, sealer: Sealer
) -> AsyncIterator[None]:
    """What /spaces and the pages of spaces need; after the sessions and the tokens."""
    settings = app[SETTINGS]
    async with contextlib.AsyncExitStack() as stack:
        # A client of its own: someone who downloads slowly must not hold up the pages.
        webex = Webex(_patient(await _client(stack, settings), settings), settings.webex.api_url)
        files = Files(await _client(stack, settings), settings.webex.api_url)
        pictures = await _pictures(stack, settings)
        app[SPACE_LIST] = SpaceList(webex, app[WITH_TOKEN], sealer)
        app[DOWNLOAD_LIMIT] = TransferLimit(settings.downloads_per_person, too_many_downloads)
        uploads = open_uploads(settings.webex.api_url, app[WITH_TOKEN])
        app[UPLOADS] = await stack.enter_async_context(uploads)
        workshop = Workshop(app, redis, sealer, webex, files, pictures)
        app[SPACES] = Spaces(workshop.open_space, settings.space_id)
        app[FEEDS] = Feeds(workshop.watched)
        app[NEWS] = News(redis, sealer, app[FEEDS].nudge, app[FEEDS].look_elsewhere)
        if settings.webhooks:
            app[WEBHOOK] = Webhook(redis, sealer, app[NEWS], workshop.registrations)
        stack.push_async_callback(app[FEEDS].close)
        await stack.enter_async_context(running(_announcements(app, redis).run()))
        await stack.enter_async_context(running(app[FEEDS].run()))
        yield


async def _client(stack: contextlib.AsyncExitStack, settings: Settings) -> aiohttp.ClientSession:
    session, _ = open_webex_http(timeout_seconds=settings.webex_timeout_seconds)
    stack.push_async_callback(session.close)
    return session


def _patient(session: aiohttp.ClientSession, settings: Settings) -> WebexHttp:
    """For whole pages of messages."""
    return WebexHttp(
        session,
        timeout_seconds=settings.webex_timeout_seconds,
        max_answer_bytes=MAX_ANSWER_BYTES,
    )


async def _pictures(stack: contextlib.AsyncExitStack, settings: Settings) -> Pictures:
    outside = open_outside()
    stack.push_async_callback(outside.close)
    return Pictures(await _client(stack, settings), outside, hosts=settings.card_image_hosts)


def _announcements(app: web.Application, redis: RedisAccess) -> Announcements:
    feeds, news = app[FEEDS], app[NEWS]
    hear = {ENDED_CHANNEL: feeds.end_session, NEWS_CHANNEL: news.hear}
    return Announcements(redis, hear, after_gap=feeds.look_soon)


async def _end_streams(app: web.Application) -> None:
    """The server waits for open requests; these would never finish by themselves."""
    if FEEDS in app:
        await app[FEEDS].end_streams()
