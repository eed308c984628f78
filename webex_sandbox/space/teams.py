"""Teams, and who is in them. A team has a general room, which bears the team's uuid."""

from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from webex_sandbox.clock import timestamp
from webex_sandbox.ids import webex_id
from webex_sandbox.people import Person


@dataclass(slots=True, kw_only=True, eq=False)
class TeamMember:
    team: "Team"
    person: Person
    is_moderator: bool
    created: float

    @property
    def id(self) -> str:
        return webex_id("TEAM_MEMBERSHIP", f"{self.person.uuid}:{self.team.uuid}")


@dataclass(slots=True, kw_only=True, eq=False)
class Team:
    uuid: str
    name: str
    description: str
    created: float
    members: dict[str, TeamMember] = field(default_factory=dict)
    """By the person's id."""

    @property
    def id(self) -> str:
        return webex_id("TEAM", self.uuid)

    def add(self, person: Person, now: float, *, is_moderator: bool) -> TeamMember:
        member = TeamMember(team=self, person=person, is_moderator=is_moderator, created=now)
        self.members[person.id] = member
        return member


class Teams:
    def __init__(self) -> None:
        self._by_id: dict[str, Team] = {}

    def reset(self) -> None:
        self._by_id.clear()

    def add(self, team: Team) -> Team:
        self._by_id[team.id] = team
        return team

    def remove(self, team: Team) -> None:
        del self._by_id[team.id]

    def find(self, team_id: str) -> Team | None:
        return self._by_id.get(team_id)

    def of(self, person: Person) -> list[Team]:
        return [team for team in self._by_id.values() if person.id in team.members]

    def membership(self, membership_id: str) -> TeamMember | None:
        members = (member for team in self._by_id.values() for member in team.members.values())
        return next((member for member in members if member.id == membership_id), None)


TEAMS = web.AppKey("TEAMS", Teams)


def team_json(team: Team) -> dict[str, Any]:
    description = {"description": team.description} if team.description else {}
    return {"id": team.id, "name": team.name, "created": timestamp(team.created), **description}


def team_member_json(member: TeamMember) -> dict[str, Any]:
    return {
        "id": member.id,
        "teamId": member.team.id,
        "personId": member.person.id,
        "personEmail": member.person.email,
        "personDisplayName": member.person.display_name,
        "personOrgId": member.person.org_id,
        "isModerator": member.is_moderator,
        "created": timestamp(member.created),
    }
