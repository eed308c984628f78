"""SCOPES_MAX: the most that anybody is asked for at Webex."""

from common.settings.environment import Environment

# A sign-in's cookie holds the scopes that it asks for, and browsers drop one of more than 4096 bytes.
MOST_SCOPE_CHARACTERS = 2000
DEFAULT = (
    "spark:people_read spark:rooms_read spark:memberships_read spark:messages_read "
    "spark:messages_write spark:kms"
)


def read_scopes_max(env: Environment, scopes: tuple[str, ...]) -> tuple[str, ...]:
    """Everything that may be asked for: SCOPES, and what a page may ask for on top."""
    found = tuple(dict.fromkeys((*scopes, *env.words("SCOPES_MAX", DEFAULT))))
    if len(" ".join(found)) > MOST_SCOPE_CHARACTERS:
        env.refuse(
            "SCOPES and SCOPES_MAX are too long to fit into a sign-in's cookie: "
            f"together at most {MOST_SCOPE_CHARACTERS} characters"
        )
    return found
