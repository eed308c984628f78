"""/v1/people: oneself, another person, and the directory."""

from typing import Any

from aiohttp import web

from webex_sandbox.answers import json_answer
from webex_sandbox.clock import CLOCK
from webex_sandbox.errors import WebexError
from webex_sandbox.paging import most, page_of
from webex_sandbox.people import PEOPLE, Person, as_json
from webex_sandbox.scopes import READ_PEOPLE
from webex_sandbox.settings import SETTINGS
from webex_sandbox.sign_in.bearer import authenticate

_MOST_IDS = 85


async def me(request: web.Request) -> web.Response:
    """Show oneself."""
    return json_answer(_json(request, authenticate(request, READ_PEOPLE).grant.person))


async def get_person(request: web.Request) -> web.Response:
    """Show a person of the directory."""
    authenticate(request, READ_PEOPLE)
    person = request.app[PEOPLE].by_id(request.match_info["person_id"])
    if person is None:
        raise WebexError(404)
    return json_answer(_json(request, person))


async def list_people(request: web.Request) -> web.Response:
    """Search the directory; whoever is no administrator must say for whom."""
    authenticate(request, READ_PEOPLE)
    size, query = most(request, 100), request.query
    if "id" in query:
        return _by_ids(request, query["id"].split(","))
    if not query.get("email") and not query.get("displayName"):
        raise WebexError(400, "Email, displayName, or id list should be specified.")
    found = [_json(request, person) for person in _found(request)]
    return page_of(request, found, size)


def _found(request: web.Request) -> list[Person]:
    people, email = request.app[PEOPLE], request.query.get("email")
    if email:
        person = people.by_email(email)
        return [person] if person else []
    beginning = request.query["displayName"].casefold()
    return [one for one in people.all() if one.display_name.casefold().startswith(beginning)]


def _by_ids(request: web.Request, ids: list[str]) -> web.Response:
    if len(ids) > _MOST_IDS:
        raise WebexError(400, f"No more than {_MOST_IDS} ids can be asked for.")
    people = request.app[PEOPLE]
    found = [person for person in map(people.by_id, ids) if person]
    missing = [person_id for person_id in ids if people.by_id(person_id) is None]
    answer: dict[str, Any] = {"items": [_json(request, person) for person in found]}
    return json_answer({**answer, "notFoundIds": missing} if missing else answer)


def _json(request: web.Request, person: Person) -> dict[str, Any]:
    return as_json(person, sandbox_url=request.app[SETTINGS].url, now=request.app[CLOCK].now())
