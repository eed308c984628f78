"""Every address that the sandbox answers."""

from itertools import chain

from aiohttp import web

from webex_sandbox import avatars, home, not_played, rest_people
from webex_sandbox.control import faults as control_faults
from webex_sandbox.control import space as control_space
from webex_sandbox.control import switches as control
from webex_sandbox.sign_in import authorize, idbroker, oidc, token_endpoint
from webex_sandbox.space import (
    rest_actions,
    rest_contents,
    rest_memberships,
    rest_messages,
    rest_rooms,
    rest_team_memberships,
    rest_teams,
    rest_webhooks,
)

# What is called direct is no message.
_MESSAGE = "/v1/messages/{message_id:(?!direct/?$)[^/]+}"
_TEAM_MEMBERSHIP = "/v1/team/memberships/{membership_id}"


def set_up(app: web.Application) -> None:
    listed = [*_as_webex(), *not_played.operations()]
    as_webex = chain.from_iterable(map(_with_or_without_slash, listed))
    app.add_routes([*_own(), *as_webex, *not_played.folders(), *_switches()])


def _with_or_without_slash(route: web.RouteDef) -> tuple[web.RouteDef, web.RouteDef]:
    """Answer the same with a slash at the end of the address: Cisco's Node SDK asks so."""
    return route, web.RouteDef(route.method, f"{route.path}/", route.handler, route.kwargs)


def _own() -> list[web.RouteDef]:
    return [
        web.get("/", home.home),
        web.get("/healthz", home.healthz),
        web.get("/static/sandbox.css", home.style_sheet),
        web.get("/static/sandbox.svg", home.icon),
        web.get("/avatars/{person_uuid}.svg", avatars.avatar),
    ]


def _as_webex() -> list[web.RouteDef]:
    return [
        web.get("/v1/authorize", authorize.authorize),
        web.post("/v1/authorize", authorize.sign_in),
        web.get("/v1/authorize/consent", authorize.ask_consent),
        web.post("/v1/authorize/consent", authorize.decide),
        web.post("/v1/access_token", token_endpoint.access_token),
        web.post("/idb/oauth2/v1/access_token", token_endpoint.access_token_of_idbroker),
        web.post("/idb/oauth2/v1/revoke", idbroker.revoke),
        web.get("/idb/oauth2/v1/logout", idbroker.log_out),
        web.get("/v1/.well-known/openid-configuration", oidc.discovery),
        web.get("/v1/verification", oidc.verification),
        web.get("/v1/userinfo", oidc.userinfo),
        web.post("/v1/userinfo", oidc.userinfo),
        web.get("/v1/people/me", rest_people.me),
        web.get("/v1/people/{person_id}", rest_people.get_person),
        web.get("/v1/people", rest_people.list_people),
        web.get("/v1/rooms", rest_rooms.list_rooms),
        web.post("/v1/rooms", rest_rooms.create_room),
        web.get("/v1/rooms/{room_id}", rest_rooms.get_room),
        web.put("/v1/rooms/{room_id}", rest_rooms.change_room),
        web.delete("/v1/rooms/{room_id}", rest_rooms.delete_room),
        web.get("/v1/rooms/{room_id}/meetingInfo", rest_rooms.meeting_info),
        web.get("/v1/memberships", rest_memberships.list_memberships),
        web.post("/v1/memberships", rest_memberships.create_membership),
        web.get("/v1/memberships/{membership_id}", rest_memberships.get_membership),
        web.put("/v1/memberships/{membership_id}", rest_memberships.change_membership),
        web.delete("/v1/memberships/{membership_id}", rest_memberships.delete_membership),
        web.get("/v1/messages", rest_messages.list_messages),
        web.post("/v1/messages", rest_messages.create_message),
        web.get("/v1/messages/direct", rest_messages.list_direct_messages),
        web.get(_MESSAGE, rest_messages.get_message),
        web.put(_MESSAGE, rest_messages.edit_message),
        web.delete(_MESSAGE, rest_messages.delete_message),
        web.post("/v1/attachment/actions", rest_actions.create_action),
        web.get("/v1/attachment/actions/{action_id}", rest_actions.get_action),
        web.get("/v1/teams", rest_teams.list_teams),
        web.post("/v1/teams", rest_teams.create_team),
        web.get("/v1/teams/{team_id}", rest_teams.get_team),
        web.put("/v1/teams/{team_id}", rest_teams.change_team),
        web.delete("/v1/teams/{team_id}", rest_teams.delete_team),
        web.get("/v1/team/memberships", rest_team_memberships.list_team_memberships),
        web.post("/v1/team/memberships", rest_team_memberships.create_team_membership),
        web.get(_TEAM_MEMBERSHIP, rest_team_memberships.get_team_membership),
        web.put(_TEAM_MEMBERSHIP, rest_team_memberships.change_team_membership),
        web.delete(_TEAM_MEMBERSHIP, rest_team_memberships.delete_team_membership),
        web.get("/v1/contents/{content_id}", rest_contents.get_content),
        web.get("/v1/webhooks", rest_webhooks.list_webhooks),
        web.post("/v1/webhooks", rest_webhooks.create_webhook),
        web.get("/v1/webhooks/{webhook_id}", rest_webhooks.get_webhook),
        web.put("/v1/webhooks/{webhook_id}", rest_webhooks.change_webhook),
        web.delete("/v1/webhooks/{webhook_id}", rest_webhooks.delete_webhook),
    ]


def _switches() -> list[web.RouteDef]:
    return [
        web.get("/_sandbox", control.overview),
        web.post("/_sandbox/reset", control.reset),
        web.get("/_sandbox/calls", control.calls),
        web.delete("/_sandbox/calls", control.forget_calls),
        web.get("/_sandbox/faults", control_faults.faults),
        web.post("/_sandbox/faults", control_faults.add_fault),
        web.delete("/_sandbox/faults", control_faults.lift_faults),
        web.delete(r"/_sandbox/faults/{fault_id:\d+}", control_faults.lift_fault),
        web.get("/_sandbox/policy", control.policy),
        web.patch("/_sandbox/policy", control.change_policy),
        web.post("/_sandbox/tokens", control.new_tokens),
        web.post("/_sandbox/tokens/expire", control.expire_tokens),
        web.post("/_sandbox/clock", control.advance_clock),
        web.get("/_sandbox/integrations", control.integrations),
        web.post("/_sandbox/integrations", control.register_integration),
        web.get("/_sandbox/confidential", control.confidential),
        web.post("/_sandbox/messages", control_space.say),
        web.put("/_sandbox/memberships", control_space.change_membership),
        web.patch("/_sandbox/rooms", control_space.change_room),
        web.put("/_sandbox/chatter", control_space.change_chatter),
        web.patch("/_sandbox/deliveries", control_space.change_deliveries),
    ]
