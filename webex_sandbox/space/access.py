"""What a caller may see: rooms it is in, and nothing of any other."""

from aiohttp import web

from webex_sandbox.errors import WebexError
from webex_sandbox.people import PEOPLE, Person
from webex_sandbox.space.memberships import MEMBERSHIPS, Membership
from webex_sandbox.space.messages import MESSAGES, Message
from webex_sandbox.space.rooms import ROOMS


def membership_in(request: web.Request, room_id: str, person: Person) -> Membership:
    """Give the person's membership in a room.

    Raises:
        WebexError: 404, whether there is no such room or the person is not in it.

    """
    room = request.app[ROOMS].find(room_id)
    membership = request.app[MEMBERSHIPS].find(room, person) if room else None
    if membership is None:
        raise WebexError(404)
    return membership


def message_for(request: web.Request, message_id: str, person: Person) -> Message:
    """Give a message that the person may read.

    Raises:
        WebexError: 404 for any other.

    """
    message = request.app[MESSAGES].find(message_id)
    if message is None:
        raise WebexError(404)
    membership_in(request, message.room.id, person)
    return message


def wanted_person(app: web.Application, address: str) -> Person:
    """Give the person that a body names by e-mail address or id.

    Raises:
        WebexError: 400 when it names nobody, 404 when there is no such person.

    """
    if not address:
        raise WebexError(400, "personEmail or personId is required.")
    person = find_person(app, address)
    if person is None:
        raise WebexError(404)
    return person


def find_person(app: web.Application, address: str) -> Person | None:
    """Find a person by e-mail address or by id."""
    people = app[PEOPLE]
    return people.by_email(address) if "@" in address else people.by_id(address)
