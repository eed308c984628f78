"""What the home page says about addresses and switches."""

ADDRESSES = (
    ("GET https://webexapis.com/v1/authorize", "/v1/authorize"),
    ("POST https://webexapis.com/v1/access_token", "/v1/access_token"),
    ("POST https://idbroker.webex.com/idb/oauth2/v1/revoke", "/idb/oauth2/v1/revoke"),
    ("GET https://idbroker.webex.com/idb/oauth2/v1/logout", "/idb/oauth2/v1/logout"),
    (
        "GET https://webexapis.com/v1/.well-known/openid-configuration",
        "/v1/.well-known/openid-configuration",
    ),
    (
        "https://webexapis.com/v1/people, rooms, memberships, messages, contents, webhooks",
        "the same under /v1",
    ),
)

SWITCHES = (
    ("GET /_sandbox", "Everything that is set, and the calls so far."),
    ("POST /_sandbox/reset", "Make everything as it was after the start."),
    (
        "GET /_sandbox/calls",
        (
            "Calls per route; at the token endpoint also per grant type, as in"
            " “POST /v1/access_token refresh_token”. DELETE starts counting again."
        ),
    ),
    (
        "POST /_sandbox/faults",
        (
            "Set a fault: route (“GET /v1/people/me”, or “*”) and any of grant_type, skip (calls that pass"
            " first), times (calls that are hit), delay (seconds, 30 at most), after_handling (do what was"
            " asked and spoil only the answer), status, body, content_type, headers, size (bytes), endless"
            " (“flood” or “drip”), cut (“before” or “inside”). GET lists them, DELETE lifts all."
        ),
    ),
    ("DELETE /_sandbox/faults/{fault_id}", "Lift one fault."),
    (
        "PATCH /_sandbox/policy",
        (
            "Change code_seconds, access_token_seconds, refresh_token_seconds, sticky_seconds, refresh_mode"
            " (same, rotating, sticky, absent, expired), omit (fields left out of token answers). GET shows."
        ),
    ),
    ("POST /_sandbox/tokens", "Give tokens without a sign-in: email, scopes, client_id."),
    (
        "POST /_sandbox/tokens/expire",
        "End tokens now: access (true), refresh (false), email (everybody).",
    ),
    ("POST /_sandbox/clock", "Put the sandbox's clock forward: advance_seconds."),
    (
        "POST /_sandbox/integrations",
        "Register an integration: client_id, client_secret, name, redirect_uris, scopes. GET lists them.",
    ),
    (
        "GET /_sandbox/confidential",
        "States, verifiers, codes and tokens that passed, to search logs for.",
    ),
    (
        "POST /_sandbox/messages",
        (
            "Somebody writes: email, room_id, text, markdown, html (goes out to the letter), parent_id,"
            " file_name, file_type, file_text."
        ),
    ),
    (
        "PUT /_sandbox/memberships",
        "Somebody comes or goes: email, room_id, is_member, is_moderator.",
    ),
    ("PATCH /_sandbox/rooms", "A room changes: room_id, is_locked, is_announcement_only, is_gone."),
    (
        "PUT /_sandbox/chatter",
        "Somebody writes now and then: every_seconds (0 stops), email, room_id.",
    ),
    ("PATCH /_sandbox/deliveries", "How often each webhook arrives: copies."),
)
