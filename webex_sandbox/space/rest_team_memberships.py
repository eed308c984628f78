"""/v1/team/memberships: who is in a team."""

import msgspec
from aiohttp import web

from webex_sandbox.answers import json_answer
from webex_sandbox.bodies import read_body
from webex_sandbox.errors import WebexError
from webex_sandbox.paging import most, page_of
from webex_sandbox.people import Person
from webex_sandbox.scopes import READ_TEAMS, WRITE_TEAMS
from webex_sandbox.sign_in.bearer import authenticate
from webex_sandbox.space.access import wanted_person
from webex_sandbox.space.conversation import CONVERSATION
from webex_sandbox.space.rest_teams import own_membership
from webex_sandbox.space.teams import TEAMS, TeamMember, team_member_json


class NewTeamMember(msgspec.Struct, kw_only=True, rename="camel"):
    team_id: str
    person_id: str = ""
    person_email: str = ""
    is_moderator: bool = False


class TeamMemberChange(msgspec.Struct, kw_only=True, rename="camel"):
    is_moderator: bool


async def list_team_memberships(request: web.Request) -> web.Response:
    """List who is in a team."""
    caller = authenticate(request, READ_TEAMS).grant.person
    size, team_id = most(request, 100), request.query.get("teamId")
    if not team_id:
        raise WebexError(400, "teamId is required.")
    team = own_membership(request, caller, team_id).team
    return page_of(request, list(map(team_member_json, team.members.values())), size)


async def create_team_membership(request: web.Request) -> web.Response:
    """Add a person to a team, as its moderator; 409 when the person is there already."""
    caller = authenticate(request, WRITE_TEAMS).grant.person
    body = await read_body(request, NewTeamMember)
    own = own_membership(request, caller, body.team_id or "-")
    person = wanted_person(request.app, body.person_email or body.person_id)
    if not own.is_moderator:
        raise WebexError(403, "Only moderators can add people to a team.")
    if person.id in own.team.members:
        raise WebexError(409, "User is already a participant in the team.")
    member = request.app[CONVERSATION].join_team(
        own.team, person, by=caller, is_moderator=body.is_moderator
    )
    return json_answer(team_member_json(member))


async def get_team_membership(request: web.Request) -> web.Response:
    """Show somebody's place in a team that the caller is in."""
    caller = authenticate(request, READ_TEAMS).grant.person
    return json_answer(team_member_json(_visible(request, caller)))


async def change_team_membership(request: web.Request) -> web.Response:
    """Make somebody a moderator of a team, or no longer."""
    member, _ = _to_change(request)
    member.is_moderator = (await read_body(request, TeamMemberChange)).is_moderator
    return json_answer(team_member_json(member))


async def delete_team_membership(request: web.Request) -> web.Response:
    """Leave a team, or as a moderator take somebody out of it."""
    member, _ = _to_change(request, own_is_enough=True)
    del member.team.members[member.person.id]
    return web.Response(status=204)


def _to_change(request: web.Request, *, own_is_enough: bool = False) -> tuple[TeamMember, Person]:
    caller = authenticate(request, WRITE_TEAMS).grant.person
    member = _visible(request, caller)
    may = member.team.members[caller.id].is_moderator
    if not may and not (own_is_enough and member.person == caller):
        raise WebexError(403, "Only moderators can change who is in a team.")
    return member, caller


def _visible(request: web.Request, caller: Person) -> TeamMember:
    member = request.app[TEAMS].membership(request.match_info["membership_id"])
    if member is None or caller.id not in member.team.members:
        raise WebexError(404)
    return member
