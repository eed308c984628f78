"""/v1/teams: making, renaming and ending teams."""

from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from webex_sandbox.answers import json_answer
from webex_sandbox.bodies import read_body
from webex_sandbox.errors import WebexError
from webex_sandbox.paging import most, page_of
from webex_sandbox.people import Person
from webex_sandbox.scopes import READ_TEAMS, WRITE_TEAMS
from webex_sandbox.sign_in.bearer import authenticate
from webex_sandbox.space.conversation import CONVERSATION
from webex_sandbox.space.teams import TEAMS, Team, TeamMember, team_json


class TeamWords(msgspec.Struct, kw_only=True):
    name: Annotated[str, Meta(min_length=1)]
    description: str = ""


async def list_teams(request: web.Request) -> web.Response:
    """List the teams that the caller is in."""
    caller = authenticate(request, READ_TEAMS).grant.person
    size = most(request, 100)
    return page_of(request, list(map(team_json, request.app[TEAMS].of(caller))), size)


async def create_team(request: web.Request) -> web.Response:
    """Make a team with a general room; who makes it is its moderator."""
    caller = authenticate(request, WRITE_TEAMS).grant.person
    body = await read_body(request, TeamWords)
    team = request.app[CONVERSATION].open_team(body.name, body.description, by=caller)
    return json_answer(team_json(team))


async def get_team(request: web.Request) -> web.Response:
    """Show a team that the caller is in."""
    caller = authenticate(request, READ_TEAMS).grant.person
    return json_answer(team_json(own_membership(request, caller).team))


async def change_team(request: web.Request) -> web.Response:
    """Rename a team, as its moderator."""
    team = _moderated(request)
    body = await read_body(request, TeamWords)
    team.name, team.description = body.name, body.description or team.description
    return json_answer(team_json(team))


async def delete_team(request: web.Request) -> web.Response:
    """End a team with its rooms, as its moderator."""
    request.app[CONVERSATION].close_team(_moderated(request))
    return web.Response(status=204)


def own_membership(request: web.Request, caller: Person, team_id: str = "") -> TeamMember:
    """Give the caller's place in a team: the one in the address, or that of `team_id`.

    Raises:
        WebexError: 404, whether there is no such team or the caller is not in it.

    """
    team = request.app[TEAMS].find(team_id or request.match_info["team_id"])
    own = team.members.get(caller.id) if team else None
    if own is None:
        raise WebexError(404)
    return own


def _moderated(request: web.Request) -> Team:
    own = own_membership(request, authenticate(request, WRITE_TEAMS).grant.person)
    if not own.is_moderator:
        raise WebexError(403, "Only moderators can change a team.")
    return own.team
