"""What the sandbox leaves out on purpose: each of these answers 501, never as a wrong id would.

The home page lists them, and the test of Cisco's description allows a 501 here and nowhere else.
"""

from aiohttp import web
from aiohttp.typedefs import Handler

from webex_sandbox.errors import WebexError

OPERATIONS = {
    "creating and changing people": ("POST /people", "PUT /people/{person_id:(?!me/?$)[^/]+}"),
    "removing people": ("DELETE /people/{person_id:(?!me/?$)[^/]+}",),
    "linked folders": (
        *("GET /room/linkedFolders", "POST /room/linkedFolders"),
        *(f"{method} /room/linkedFolders/{{id}}" for method in ("GET", "PUT", "DELETE")),
    ),
    "tabs": (
        *("GET /room/tabs", "POST /room/tabs"),
        *(f"{method} /room/tabs/{{id}}" for method in ("GET", "PUT", "DELETE")),
    ),
    "events for compliance officers": ("GET /events", "GET /events/{event_id}"),
    "hybrid data security": (
        "GET /hds/organizations/{organization_id}",
        "GET /hds/organizations/{organization_id}/database",
        "GET /hds/organizations/{organization_id}/tenants",
        "GET /hds/clusters/{cluster_id}",
        "GET /hds/clusters/{cluster_id}/availability",
        "GET /hds/nodes/{node_id}",
        "GET /hds/testResults/nodes/{node_id}/networkTest",
    ),
}
# Of other descriptions of Cisco's: whatever lies under these.
FOLDERS = (
    *("meetings", "meetingParticipants", "meetingTranscripts", "recordings", "telephony"),
    *("organizations", "licenses", "roles", "locations", "workspaces", "devices", "groups"),
    *("calls", "xapi", "adminAudit", "reports", "service"),
)


def operations() -> list[web.RouteDef]:
    return [
        web.route(method, f"/v1{path}", _refusing(what))
        for what, operations in OPERATIONS.items()
        for method, _, path in (operation.partition(" ") for operation in operations)
    ]


def folders() -> list[web.RouteDef]:
    return [
        web.route("*", f"/v1/{folder}{below}", _refusing(folder))
        for folder in FOLDERS
        for below in ("", "/{rest:.*}")
    ]


def _refusing(what: str) -> Handler:
    async def refuse(_request: web.Request) -> web.Response:
        raise WebexError(501, f"The sandbox does not play {what}.")

    refuse.__doc__ = f"Not played: {what}."
    return refuse
