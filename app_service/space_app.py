"""The part of the composition root that is about spaces and the widget."""

import contextlib
from collections.abc import AsyncIterator, Coroutine

import aiohttp_jinja2
from aiohttp import web

from app_service.announcements import Announcements
from app_service.live.audience import Viewers
from app_service.live.board import Board
from app_service.live.feed import LIVE, Live
from app_service.live.rounds import Rounds
from app_service.live.webhook import WEBHOOK, Webhook
from app_service.live.webhook_keeper import WebhookKeeper
from app_service.moment import for_people
from app_service.news import NEWS, News
from app_service.settings import Settings
from app_service.space.admission import ADMISSION, Admission
from app_service.space.bot import Bot
from app_service.space.entrance import ENTRANCE, Entrance
from app_service.space.files import Files
from app_service.space.members import Members
from app_service.space.message_view import MESSAGE_VIEW, MessageView
from app_service.space.space import SPACE, Space
from app_service.spaces import SPACES, Spaces
from app_service.visitor.signed_in import SESSIONS
from app_service.visitor.with_token import WITH_TOKEN
from app_service.webex import Webex
from common.background import running
from common.sessions.keys import ENDED_CHANNEL, NEWS_CHANNEL
from common.sessions.sealing import Sealer
from common.store.access import RedisAccess
from common.web.security_headers import image_sources
from common.webex.http import WebexHttp
from common.webex.webex_session import open_webex_http

# Thirty messages of 7439 bytes each, three times over (text, Markdown, HTML), escaped.
MAX_ANSWER_BYTES = 4_000_000


def setup_space(app: web.Application, settings: Settings, redis: RedisAccess) -> None:
    """Add what /spaces and, with SPACE_ID, the widget need; after the sessions and the tokens."""
    aiohttp_jinja2.get_env(app).filters["for_people"] = for_people
    sealer = Sealer(settings.session_keys)

    async def resources(app: web.Application) -> AsyncIterator[None]:
        # A client of its own: someone who downloads slowly must not hold up the pages.
        session, _ = open_webex_http(timeout_seconds=settings.webex_timeout_seconds)
        http = WebexHttp(
            session,
            timeout_seconds=settings.webex_timeout_seconds,
            max_answer_bytes=MAX_ANSWER_BYTES,
        )
        webex = Webex(http, settings.webex.api_url)
        app[SPACES] = Spaces(webex, app[WITH_TOKEN], sealer)
        async with contextlib.AsyncExitStack() as stack:
            if settings.space_id:
                files, _ = open_webex_http(timeout_seconds=settings.webex_timeout_seconds)
                stack.push_async_callback(files.close)
                space = _space(app, settings, webex, Files(files, settings.webex.api_url))
                app[ENTRANCE] = _entrance(app, settings, webex, redis, sealer, space)
                beside = _live(app, redis, space)
                if settings.webhooks:
                    keeper = _webhooks(app, settings, webex, redis, sealer)
                    stack.push_async_callback(keeper.close)
                    beside.append(keeper.run())
                for task in beside:
                    await stack.enter_async_context(running(task))
                stack.push_async_callback(app[LIVE].close)
            yield
        await session.close()

    async def end_streams(app: web.Application) -> None:
        # The server waits for open requests; these would never finish by themselves.
        if LIVE in app:
            await app[LIVE].close()

    app.cleanup_ctx.append(resources)
    app.on_shutdown.append(end_streams)


def _space(app: web.Application, settings: Settings, webex: Webex, files: Files) -> Space:
    room_id = settings.space_id or ""
    members = Members(webex, room_id, image_sources(settings.webex))
    space = Space(room_id, webex=webex, with_token=app[WITH_TOKEN], members=members, files=files)
    app[SPACE] = space
    app[MESSAGE_VIEW] = MessageView(aiohttp_jinja2.get_env(app), members, files)
    return space


def _entrance(  # noqa: PLR0913, PLR0917 - what is wired stands here once
    app: web.Application,
    settings: Settings,
    webex: Webex,
    redis: RedisAccess,
    sealer: Sealer,
    space: Space,
) -> Entrance:
    token, room_id = settings.bot_token, space.room_id
    bot = Bot(webex, redis, sealer, token=token, room_id=room_id) if token else None
    return Entrance(webex, app[WITH_TOKEN], room_id, bot)


def _live(
    app: web.Application, redis: RedisAccess, space: Space
) -> list[Coroutine[None, None, None]]:
    """Wire the live part; return what runs beside the requests."""
    viewers, sessions = Viewers(), app[SESSIONS]
    live = Live(
        space,
        Board(app[MESSAGE_VIEW]),
        viewers=viewers,
        sessions=sessions,
        with_token=app[WITH_TOKEN],
    )
    admission = Admission(app[ENTRANCE])
    rounds = Rounds(viewers, sessions=sessions, members=space.members, admission=admission)

    live.on_people_changed = rounds.look_soon
    live.on_outsider = admission.forget

    def session_ended(handle: str) -> None:
        admission.forget(handle)
        viewers.end_session(handle, "signed_out")

    def news_heard(word: str) -> None:
        app[NEWS].hear(word)

    announcements = Announcements(
        redis,
        {ENDED_CHANNEL: session_ended, NEWS_CHANNEL: news_heard},
        after_gap=rounds.look_soon,
    )
    app[ADMISSION], app[LIVE], app[NEWS] = admission, live, News(live, announcements)
    return [announcements.run(), rounds.run()]


def _webhooks(
    app: web.Application, settings: Settings, webex: Webex, redis: RedisAccess, sealer: Sealer
) -> WebhookKeeper:
    room_id = app[SPACE].room_id
    webhook = Webhook(redis, sealer, app[NEWS], room_id)
    app[WEBHOOK] = webhook
    return WebhookKeeper(
        webhook,
        webex=webex,
        live=app[LIVE],
        redis=redis,
        room_id=room_id,
        public_url=settings.public_url,
    )
