"""requests-oauthlib's web application flow: HTTP Basic unless one asks for the body."""

import os

from requests_oauthlib import OAuth2Session
from told import CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, SANDBOX, person, step

os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"  # the sandbox speaks http
TOKEN = f"{SANDBOX}/v1/access_token"
session = OAuth2Session(CLIENT_ID, redirect_uri=REDIRECT_URI, scope=["spark:people_read"])


def sign_in() -> None:
    url, _ = session.authorization_url(f"{SANDBOX}/v1/authorize")
    session.fetch_token(TOKEN, authorization_response=person(url), client_secret=CLIENT_SECRET)


def me() -> None:
    assert session.get(f"{SANDBOX}/v1/people/me").json()["displayName"] == "Ada Lovelace"


step("sign-in", sign_in)
step("people/me", me)
step(
    "refresh",
    lambda: session.refresh_token(TOKEN, client_id=CLIENT_ID, client_secret=CLIENT_SECRET),
)
step("people/me", me)
