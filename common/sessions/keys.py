"""Every key and channel that this system has in Redis, by name; redis/users.acl.template says whose they are.

Names of sessions are handles (common.sessions.ticket), those of people and messages keyed fingerprints
(common.sessions.sealing): Redis holds nobody's id. Braces make a cluster keep keys together (Redis
documentation, "Hash tags").

Besides, common.store.access asks for `session:readiness` and `cache:readiness`, which nobody ever has.
"""

ENDED_CHANNEL = "session:ended"
"""Sessions that are over, by their handles."""
LEASE_OVER_CHANNEL = "lease-over:"
"""Followed by the handle of a session whose lease is over."""
FORMER_LEASE_OVER_CHANNEL = "refreshed:"
"""What the former release calls it; heard for one release, so that an update makes nobody wait."""
LISTS = "person:list"
NEWS_CHANNEL = "space:news"
"""That there is news in a space, and in which one: the news themselves come from Webex."""


REVOKE_DUE = "revoke:due"
"""When each letter of the outbox is to be tried next (a sorted set)."""


def session_key(handle: str) -> str:
    """The sealed record (common.sessions.record)."""
    return f"session:{handle}"


def born_key(handle: str) -> str:
    """There for a moment once the record was written or given up, on its node: it is written once."""
    return f"lease:born:{{{session_key(handle)}}}"


def binding_key(handle: str) -> str:
    """The sealed key of the device that a session is bound to (auth_service.binding); on its node."""
    return f"binding:{{{session_key(handle)}}}"


def used_challenge_key(handle: str, digest: str) -> str:
    """There once the challenge with this SHA-256 was answered; on the session's node."""
    return f"binding:used:{{{session_key(handle)}}}:{digest}"


def tried_key(handle: str) -> str:
    """When somebody had a bound session's ticket and not its short cookie; on the session's node."""
    return f"binding:tried:{{{session_key(handle)}}}"


def person_cache_key(handle: str) -> str:
    """Webex's answer about the person, on the session's own node of a cluster: a page needs both."""
    return f"cache:person:{{{session_key(handle)}}}"


def lease_key(handle: str) -> str:
    """Held by who refreshes the session (auth_service.sessions.lease)."""
    return f"lease:{handle}"


def asking_key(handle: str) -> str:
    """There while somebody asks Webex with the record's refresh token, or writes the answer; on its node."""
    return f"lease:asking:{{{session_key(handle)}}}"


def letter_key(handle: str, name: str) -> str:
    """Tokens that Webex is to revoke (auth_service.oauth.outbox), on the node of the record they were in."""
    return f"revoke:{{{session_key(handle)}}}:{name}"


def pause_key(handle: str) -> str:
    """There while a refresh must not be tried again (auth_service.sessions.refresh)."""
    return f"pause:{handle}"


def former_pause_key(handle: str) -> str:
    """The same, as the former release writes it; read for one release."""
    return f"refreshed:{handle}"


def successor_key(handle: str) -> str:
    """There when the same person has a new session in this browser (auth_service.sessions.writer)."""
    return f"successor:{handle}"


def former_successor_key(handle: str) -> str:
    """The same, as the former release writes it; read for one release."""
    return f"refreshed:{handle}:successor"


def head_key(name: str) -> str:
    """Of a person's list of sessions: their handles (auth_service.sessions.person_index, a sorted set)."""
    return f"{LISTS}{{{name}}}"


def entry_key(head: str, handle: str) -> str:
    """What that list keeps of a session, sealed. It ends with its session, and no other's has its name."""
    return f"{head}:{handle}"


def head_of(entry: str) -> str:
    return entry.rpartition(":")[0]


def handle_of(entry: str) -> str:
    return entry.rpartition(":")[2]


def is_entry_of(entry: str, handle: str) -> bool:
    """Whether the name is this session's own; at a place of the former release anybody's may be."""
    return entry.endswith(f":{handle}")


def is_former_entry(entry: str) -> bool:
    return not entry.startswith(LISTS)


def former_head_key(name: str) -> str:
    """Of such a list as the former release has it: how many places it has; read for one release."""
    return f"person:{{{name}}}"


def former_entry_key(head: str, place: int) -> str:
    """One place of it: a session's handle, and what is sealed."""
    return f"{head}:{place}"


def all_ended_key(name: str) -> str:
    """When all of the list's sessions were ended, by the one that was left out (a sorted set)."""
    return f"lease:ended:{{{name}}}"


def used_state_key(digest: str) -> str:
    """There once the state with this SHA-256 was used (auth_service.sign_in.pending)."""
    return f"signin:{digest}"


def sign_in_end_key(digest: str) -> str:
    """How the callback with that state ended (auth_service.sign_in.ends); on the used state's own node."""
    return f"signin:end:{{{used_state_key(digest)}}}"


def embed_code_key(handle: str) -> str:
    """What a code opens that a window gave to a frame (auth_service.sign_in.embedding)."""
    return f"signin:embed:{handle}"


def embed_taken_key(handle: str) -> str:
    """There once a frame has taken the session with that handle."""
    return f"signin:embed-taken:{handle}"


def joined_key(name: str) -> str:
    """There once the bot has let a person into the space."""
    return f"cache:joined:{name}"


def registration_key(label: str) -> str:
    """The sealed secret of a webhook that is registered at Webex (app_service.live.registrations)."""
    return f"cache:webhook-secret:{label}"


def webhook_keeper_key(name: str) -> str:
    """Held by the replica that keeps a space's webhooks (app_service.live.webhook_keeper)."""
    return f"cache:webhook-keeper:{name}"


def notice_key(name: str) -> str:
    """There once Webex's webhook has told of a message."""
    return f"cache:webhook:{name}"
