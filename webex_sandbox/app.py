"""The composition root."""

from aiohttp import web

from webex_sandbox import pages, routes
from webex_sandbox.calls import CALLS, Calls, count_calls
from webex_sandbox.clock import CLOCK, Clock
from webex_sandbox.confidential import CONFIDENTIAL, Confidential
from webex_sandbox.failures import failures
from webex_sandbox.faults import FAULTS, Faults, commit_faults
from webex_sandbox.people import PEOPLE, People
from webex_sandbox.settings import SETTINGS, Settings
from webex_sandbox.sign_in.codes import CODES, Codes
from webex_sandbox.sign_in.integrations import INTEGRATIONS, Integrations
from webex_sandbox.sign_in.logins import LOGINS, Logins
from webex_sandbox.sign_in.policy import POLICY, TokenPolicy
from webex_sandbox.sign_in.signing_key import SIGNING_KEY, SigningKey
from webex_sandbox.sign_in.tokens import TOKENS, Tokens
from webex_sandbox.space.actions import ACTIONS, Actions
from webex_sandbox.space.bot import EventsBot
from webex_sandbox.space.chatter import CHATTER, Chatter
from webex_sandbox.space.contents import CONTENTS, Contents
from webex_sandbox.space.conversation import CONVERSATION, Conversation
from webex_sandbox.space.deliveries import DELIVERIES, Deliveries
from webex_sandbox.space.demo import DEMO, Demo
from webex_sandbox.space.memberships import MEMBERSHIPS, Memberships
from webex_sandbox.space.messages import MESSAGES, Messages
from webex_sandbox.space.rooms import ROOMS, Rooms
from webex_sandbox.space.teams import TEAMS, Teams
from webex_sandbox.space.webhooks import WEBHOOKS, Webhooks
from webex_sandbox.tracking import add_headers

_LARGEST_BODY = 8 * 1024 * 1024


def create_app(settings: Settings) -> web.Application:
    """Assemble the sandbox; everything that it remembers lives and dies with the application."""
    app = web.Application(
        middlewares=[failures, count_calls, commit_faults], client_max_size=_LARGEST_BODY
    )
    app[SETTINGS] = settings
    _set_up_sign_in(app, settings)
    _set_up_space(app)
    app[CALLS] = Calls()
    app[CONFIDENTIAL] = Confidential()
    app[FAULTS] = Faults()
    pages.set_up(app)
    app.on_response_prepare.append(add_headers)
    routes.set_up(app)
    return app


def _set_up_sign_in(app: web.Application, settings: Settings) -> None:
    clock = app[CLOCK] = Clock()
    policy = app[POLICY] = TokenPolicy()
    app[INTEGRATIONS] = Integrations(settings)
    app[PEOPLE] = People()
    app[LOGINS] = Logins(clock)
    app[CODES] = Codes(clock, policy)
    app[TOKENS] = Tokens(clock, policy)
    app[SIGNING_KEY] = SigningKey()


def _set_up_space(app: web.Application) -> None:
    webhooks = app[WEBHOOKS] = Webhooks()
    conversation = app[CONVERSATION] = Conversation(
        clock=app[CLOCK],
        rooms=Rooms(),
        memberships=Memberships(),
        messages=Messages(),
        contents=Contents(),
        teams=Teams(),
        actions=Actions(),
    )
    app[ROOMS], app[MEMBERSHIPS] = conversation.rooms, conversation.memberships
    app[MESSAGES], app[CONTENTS] = conversation.messages, conversation.contents
    app[TEAMS], app[ACTIONS] = conversation.teams, conversation.actions
    app[DEMO] = Demo(conversation, app[PEOPLE], app[TOKENS])
    deliveries = app[DELIVERIES] = Deliveries(webhooks, conversation.memberships)
    chatter = app[CHATTER] = Chatter(conversation, app[PEOPLE].by_email)
    conversation.listeners += [deliveries.hear, EventsBot(conversation, app[CLOCK]).hear]
    app.cleanup_ctx.extend([deliveries.run, chatter.run])
