"""Authlib's Flask client, by discovery or with the addresses written down by hand."""

import sys
from urllib.parse import urlsplit

from authlib.integrations.flask_client import OAuth
from flask import Flask, redirect
from told import CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, SANDBOX, person, step

app = Flask(__name__)
app.secret_key = "insecure"
oauth = OAuth(app)
if sys.argv[1] == "discovery":
    oauth.register(
        "webex",
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        server_metadata_url=f"{SANDBOX}/v1/.well-known/openid-configuration",
        client_kwargs={"scope": "openid email profile spark:people_read"},
    )
else:
    oauth.register(
        "webex",
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        authorize_url=f"{SANDBOX}/v1/authorize",
        access_token_url=f"{SANDBOX}/v1/access_token",
        api_base_url=f"{SANDBOX}/v1/",
        client_kwargs={"scope": "spark:people_read", "code_challenge_method": "S256"},
    )
tokens = {}


@app.get("/login")
def login():
    return oauth.webex.authorize_redirect(REDIRECT_URI)


@app.get("/oauth")
def callback():
    tokens.update(oauth.webex.authorize_access_token())
    return redirect("/")


browser = app.test_client()


def sign_in() -> None:
    location = person(browser.get("/login").headers["Location"])
    answer = browser.get(f"/oauth?{urlsplit(location).query}", base_url="http://localhost")
    assert answer.status_code == 302, answer.text[:300]
    assert "access_token" in tokens, tokens
    if sys.argv[1] == "discovery":
        assert tokens["userinfo"]["sub"]


def me() -> None:
    with app.app_context():
        answer = oauth.webex.get(f"{SANDBOX}/v1/people/me", token=tokens)
    assert answer.json()["displayName"] == "Ada Lovelace"


app.testing = True
app.config["PROPAGATE_EXCEPTIONS"] = True
step("sign-in", sign_in)
step("people/me", me)


def refresh() -> None:
    with app.app_context():
        client = oauth.webex._get_oauth_client(**oauth.webex.load_server_metadata())  # noqa: SLF001
        tokens.update(client.refresh_token(f"{SANDBOX}/v1/access_token", tokens["refresh_token"]))


step("refresh", refresh)
step("people/me", me)
