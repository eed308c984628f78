"""Where spaces are made, when somebody asks for one: the part of the composition root that works then."""

from dataclasses import dataclass
from functools import cached_property

import aiohttp_jinja2
from aiohttp import web

from app_service.live.audience import Viewers
from app_service.live.board import Board
from app_service.live.feed import Live
from app_service.live.migration import Whereabouts
from app_service.live.registrations import Registrations
from app_service.live.rounds import Rounds
from app_service.live.stream_limit import StreamLimit
from app_service.live.watched import Watched
from app_service.live.webhook_keeper import WebhookKeeper
from app_service.news import names_of
from app_service.settings_key import SETTINGS
from app_service.space.admission import Admission
from app_service.space.bot import Bot
from app_service.space.bot_entrance import BotEntrance
from app_service.space.entrance import Entrance
from app_service.space.files import Files
from app_service.space.members import Members
from app_service.space.message_view import MessageView
from app_service.space.pictures import PictureAddresses, PictureLinks, Pictures
from app_service.space.place import WIDGET, place_of
from app_service.space.space import Space
from app_service.space.spaces import OpenSpace
from app_service.visitor.judge import JUDGE
from app_service.visitor.signed_in import SESSIONS
from app_service.visitor.with_token import WITH_TOKEN
from app_service.webex import Webex
from common.sessions.sealing import Sealer
from common.store.access import RedisAccess
from common.web.security_headers import image_sources


@dataclass(frozen=True)
class Workshop:
    """What all spaces share."""

    app: web.Application
    redis: RedisAccess
    sealer: Sealer
    webex: Webex
    files: Files
    pictures: Pictures

    @cached_property
    def addresses(self) -> PictureAddresses:
        return PictureAddresses(self.app[SETTINGS].session_keys)

    @cached_property
    def registrations(self) -> Registrations:
        return Registrations(self.redis, self.sealer)

    @cached_property
    def stream_limit(self) -> StreamLimit:
        return StreamLimit(self.app[SETTINGS].streams_per_person)

    def open_space(self, room_id: str) -> OpenSpace:
        """What answers for a space: who may in, what is shown."""
        settings, entrance = self.app[SETTINGS], self.entrance(room_id)
        place = WIDGET if room_id == settings.space_id else place_of(room_id)
        members = Members(self.webex, room_id, image_sources(settings.webex))
        links = PictureLinks(self.pictures, self.addresses, room_id, place)
        space = Space(
            room_id,
            webex=self.webex,
            with_token=self.app[WITH_TOKEN],
            members=members,
            files=self.files,
            place=place,
            outside=entrance.outside,
        )
        view = MessageView(
            aiohttp_jinja2.get_env(self.app),
            place=place,
            members=members,
            files=self.files,
            pictures=links,
        )
        return OpenSpace(space, view, links, entrance, Admission(entrance))

    def entrance(self, room_id: str) -> Entrance:
        settings, with_token = self.app[SETTINGS], self.app[WITH_TOKEN]
        if room_id != settings.space_id:
            return Entrance(self.webex, with_token, room_id)
        token, bot = settings.bot_token, None
        if token:
            bot = Bot(self.webex, self.redis, self.sealer, token=token, room_id=room_id)
        return BotEntrance(self.webex, with_token, room_id, bot)

    def watched(self, here: OpenSpace) -> Watched:
        """The audience of a space, who polls for it, and who looks after it."""
        viewers, sessions = Viewers(self.stream_limit), self.app[SESSIONS]
        rounds = Rounds(
            viewers,
            sessions=sessions,
            judge=self.app[JUDGE],
            members=here.space.members,
            admission=here.admission,
        )
        live = Live(
            here.space,
            Board(here.view),
            viewers=viewers,
            sessions=sessions,
            with_token=self.app[WITH_TOKEN],
            on_people_changed=rounds.look_soon,
            on_outsider=here.admission.forget,
        )
        room_id = here.space.room_id
        whereabouts = Whereabouts(room_id, webex=self.webex, live=live, viewers=viewers)
        names = names_of(self.sealer, room_id)
        keeper = self.keeper(here, live, names[0]) if self.app[SETTINGS].webhooks else None
        return Watched(here, frozenset(names), viewers, live, rounds, whereabouts, keeper)

    def keeper(self, here: OpenSpace, live: Live, name: str) -> WebhookKeeper:
        return WebhookKeeper(
            self.registrations,
            webex=self.webex,
            live=live,
            redis=self.redis,
            room_id=here.space.room_id,
            name=name,
            public_url=self.app[SETTINGS].public_url,
        )
