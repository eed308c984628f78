"""The space's part of the composition root: what /spaces and, with SPACE_ID, the widget are made of."""

import contextlib
from collections.abc import AsyncIterator
from functools import partial

import aiohttp
import aiohttp_jinja2
from aiohttp import web

from app_service.live.audience import Viewers
from app_service.live.board import Board
from app_service.live.feed import LIVE, Live
from app_service.live.registrations import Registrations
from app_service.live.rounds import Rounds
from app_service.live.webhook import WEBHOOK, Webhook
from app_service.live.webhook_keeper import WebhookKeeper
from app_service.moment import for_people
from app_service.news import NEWS, Announcements, News
from app_service.settings import Settings
from app_service.settings_key import SETTINGS
from app_service.space.admission import ADMISSION, Admission
from app_service.space.bot import Bot
from app_service.space.entrance import ENTRANCE, Entrance
from app_service.space.failures import too_many_downloads
from app_service.space.files import Files
from app_service.space.members import Members
from app_service.space.message_view import MESSAGE_VIEW, MessageView
from app_service.space.pictures import (
    PICTURES,
    PictureAddresses,
    PictureLinks,
    Pictures,
    open_outside,
)
from app_service.space.space import SPACE, Space
from app_service.space.transfer_limit import DOWNLOAD_LIMIT, TransferLimit
from app_service.space.uploads import UPLOADS, open_uploads
from app_service.spaces import SPACES, Spaces
from app_service.visitor.judge import JUDGE
from app_service.visitor.signed_in import SESSIONS
from app_service.visitor.with_token import WITH_TOKEN
from app_service.webex import Webex
from common.background import running
from common.sessions.keys import ENDED_CHANNEL, NEWS_CHANNEL
from common.sessions.sealing import Sealer
from common.store.access import RedisAccess
from common.web.security_headers import image_sources
from common.webex.http import WebexHttp, open_webex_http

# Thirty messages of 7439 bytes each, three times over (text, Markdown, HTML), escaped.
MAX_ANSWER_BYTES = 4_000_000


def setup_space(app: web.Application, *, redis: RedisAccess, sealer: Sealer) -> None:
    """Add it to an application that has the sessions and the tokens."""
    aiohttp_jinja2.get_env(app).filters["for_people"] = for_people
    app.cleanup_ctx.append(partial(_spaces, redis=redis, sealer=sealer))
    app.on_shutdown.append(_end_streams)


async def _spaces(
    app: web.Application, *, redis: RedisAccess, sealer: Sealer
) -> AsyncIterator[None]:
    """What /spaces and, with SPACE_ID, the widget need; after the sessions and the tokens."""
    settings = app[SETTINGS]
    async with contextlib.AsyncExitStack() as stack:
        # A client of its own: someone who downloads slowly must not hold up the pages.
        webex = Webex(_patient(await _client(stack, settings), settings), settings.webex.api_url)
        app[SPACES] = Spaces(webex, app[WITH_TOKEN], sealer)
        if settings.space_id:
            files = Files(await _client(stack, settings), settings.webex.api_url)
            app[DOWNLOAD_LIMIT] = TransferLimit(settings.downloads_per_person, too_many_downloads)
            uploads = open_uploads(settings.webex.api_url, app[WITH_TOKEN])
            app[UPLOADS] = await stack.enter_async_context(uploads)
            app[PICTURES] = await _pictures(stack, settings, settings.space_id)
            space = _space(app, webex, files, settings.space_id)
            app[ENTRANCE] = _entrance(app, webex, redis, sealer)
            await _live(app, stack, redis, space)
            if settings.webhooks:
                await _webhooks(app, stack, webex, redis, sealer)
            stack.push_async_callback(app[LIVE].close)
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


async def _pictures(
    stack: contextlib.AsyncExitStack, settings: Settings, room_id: str
) -> PictureLinks:
    outside = open_outside()
    stack.push_async_callback(outside.close)
    pictures = Pictures(
        await _client(stack, settings),
        outside,
        hosts=settings.card_image_hosts,
    )
    return PictureLinks(pictures, PictureAddresses(settings.session_keys), room_id)


def _space(app: web.Application, webex: Webex, files: Files, room_id: str) -> Space:
    members = Members(webex, room_id, image_sources(app[SETTINGS].webex))
    space = Space(room_id, webex=webex, with_token=app[WITH_TOKEN], members=members, files=files)
    app[SPACE] = space
    app[MESSAGE_VIEW] = MessageView(aiohttp_jinja2.get_env(app), members, files, app[PICTURES])
    return space


def _entrance(app: web.Application, webex: Webex, redis: RedisAccess, sealer: Sealer) -> Entrance:
    token, room_id = app[SETTINGS].bot_token, app[SPACE].room_id
    bot = Bot(webex, redis, sealer, token=token, room_id=room_id) if token else None
    return Entrance(webex, app[WITH_TOKEN], room_id, bot)


async def _live(
    app: web.Application, stack: contextlib.AsyncExitStack, redis: RedisAccess, space: Space
) -> None:
    """The audience, who looks after it, who polls for it, and who hears the others' news."""
    viewers, sessions = Viewers(app[SETTINGS].streams_per_person), app[SESSIONS]
    admission = Admission(app[ENTRANCE])
    rounds = Rounds(
        viewers,
        sessions=sessions,
        judge=app[JUDGE],
        members=space.members,
        admission=admission,
    )
    live = Live(
        space,
        Board(app[MESSAGE_VIEW]),
        viewers=viewers,
        sessions=sessions,
        with_token=app[WITH_TOKEN],
        on_people_changed=rounds.look_soon,
        on_outsider=admission.forget,
    )
    news = News(redis, live.nudge)

    def session_ended(handle: str) -> None:
        admission.forget(handle)
        viewers.end_session(handle, "signed_out")

    announcements = Announcements(
        redis,
        {ENDED_CHANNEL: session_ended, NEWS_CHANNEL: news.hear},
        after_gap=rounds.look_soon,
    )
    app[ADMISSION], app[LIVE], app[NEWS] = admission, live, news
    await stack.enter_async_context(running(announcements.run()))
    await stack.enter_async_context(running(rounds.run()))


async def _webhooks(
    app: web.Application,
    stack: contextlib.AsyncExitStack,
    webex: Webex,
    redis: RedisAccess,
    sealer: Sealer,
) -> None:
    room_id = app[SPACE].room_id
    registrations = Registrations(redis, sealer)
    app[WEBHOOK] = Webhook(redis, sealer, app[NEWS], registrations, room_id)
    keeper = WebhookKeeper(
        registrations,
        webex=webex,
        live=app[LIVE],
        redis=redis,
        room_id=room_id,
        public_url=app[SETTINGS].public_url,
    )
    stack.push_async_callback(keeper.close)
    await stack.enter_async_context(running(keeper.run()))


async def _end_streams(app: web.Application) -> None:
    """The server waits for open requests; these would never finish by themselves."""
    if LIVE in app:
        await app[LIVE].close()
