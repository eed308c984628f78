"""The scopes a demo integration has registered, and what each of them allows."""

DESCRIPTIONS = {
    "openid": "Know who you are",
    "email": "See your e-mail address",
    "profile": "See your name and picture",
    "phone": "See your phone number",
    "address": "See your address",
    "spark:all": "Do everything that you can do in Webex",
    "spark:kms": "Decrypt the content that you may read",
    "spark:people_read": "See the profile of you and of people in your organisation",
    "spark:rooms_read": "See the titles of the spaces that you are in",
    "spark:rooms_write": "Open, change and close spaces on your behalf",
    "spark:memberships_read": "See who is in the spaces that you are in",
    "spark:memberships_write": "Add people to the spaces that you are in",
    "spark:messages_read": "Read the messages of the spaces that you are in",
    "spark:messages_write": "Post and delete messages on your behalf",
    "spark:teams_read": "See the teams that you are in",
    "spark:teams_write": "Make and change teams on your behalf",
}

UNREGISTERED_SCOPES = frozenset({"phone", "address"})
"""What any integration may ask for."""
REGISTERED_SCOPES = frozenset(DESCRIPTIONS) - UNREGISTERED_SCOPES

# What each kind of request needs: any one of the scopes in its set.
IDENTIFY = frozenset({"openid"})
READ_PEOPLE = frozenset({"spark:people_read", "spark:all"})
READ_ROOMS = frozenset({"spark:rooms_read", "spark:all"})
WRITE_ROOMS = frozenset({"spark:rooms_write", "spark:all"})
READ_MEMBERSHIPS = frozenset({"spark:memberships_read", "spark:all"})
WRITE_MEMBERSHIPS = frozenset({"spark:memberships_write", "spark:all"})
READ_MESSAGES = frozenset({"spark:messages_read", "spark:all"})
WRITE_MESSAGES = frozenset({"spark:messages_write", "spark:all"})
READ_TEAMS = frozenset({"spark:teams_read", "spark:all"})
WRITE_TEAMS = frozenset({"spark:teams_write", "spark:all"})


def described(scopes: tuple[str, ...]) -> list[tuple[str, str]]:
    """Pair each scope with the sentence shown to the person who is asked for it."""
    return [(scope, DESCRIPTIONS.get(scope, scope)) for scope in scopes]
