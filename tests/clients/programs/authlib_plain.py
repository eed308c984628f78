"""Authlib's OAuth2Session, as its documentation begins: no client authentication is chosen."""

from authlib.integrations.requests_client import OAuth2Session
from told import CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, SANDBOX, person, step

TOKEN = f"{SANDBOX}/v1/access_token"
session = OAuth2Session(
    CLIENT_ID,
    CLIENT_SECRET,
    scope="spark:people_read",
    redirect_uri=REDIRECT_URI,
    token_endpoint=TOKEN,
)


def sign_in() -> None:
    url, state = session.create_authorization_url(f"{SANDBOX}/v1/authorize")
    # Authlib takes an error in Webex's shape for a token, so the token is looked for here.
    token = session.fetch_token(TOKEN, authorization_response=person(url), state=state)
    assert "access_token" in token, token


def refresh() -> None:
    token = session.refresh_token(TOKEN)
    assert "access_token" in token, token


def me() -> None:
    assert session.get(f"{SANDBOX}/v1/people/me").json()["displayName"] == "Ada Lovelace"


step("sign-in", sign_in)
step("people/me", me)
step("refresh", refresh)
step("people/me", me)
step(
    "revoke",
    lambda: session.revoke_token(f"{SANDBOX}/idb/oauth2/v1/revoke").raise_for_status(),
)
