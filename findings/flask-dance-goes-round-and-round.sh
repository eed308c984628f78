# flask-dance begins the sign-in anew when a callback comes without its cookie, and says nothing: a person who has consented before, in a browser that keeps no cookies, goes round between site and provider, each time with a new code.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check flask-dance==7.1.0 flask==3.1.2
cat >"$folder/show.py" <<'PYTHON'
from importlib.metadata import version
from urllib.parse import parse_qs, urlsplit

import flask
from flask_dance.consumer import OAuth2ConsumerBlueprint

PROVIDER = "https://webexapis.example/v1/authorize"
ROUNDS = 20
app = flask.Flask(__name__)
app.secret_key = "insecure"
webex = OAuth2ConsumerBlueprint(
    "webex",
    __name__,
    client_id="id",
    client_secret="insecure",
    authorization_url=PROVIDER,
    token_url="https://webexapis.example/v1/access_token",
)
app.register_blueprint(webex)


def provider(address, number):
    """Where a provider sends somebody at once who is signed in there and has consented before."""
    asked = {name: value for name, [value] in parse_qs(urlsplit(address).query).items()}
    return f"{asked['redirect_uri']}?code=insecure-{number}&state={asked['state']}"


browser = app.test_client(use_cookies=False)
address, pages, codes = "https://app.example/webex", [], 0
while len(pages) < 2 * ROUNDS:
    answer = browser.get(address, base_url="https://app.example")
    pages.append((urlsplit(address).path, answer.status_code))
    if answer.status_code != 302:
        break
    address = answer.location
    if address.startswith(PROVIDER):
        codes += 1
        address = provider(address, codes)
print(f"flask-dance {version('flask-dance')}, flask {version('flask')}; a browser that brings no cookie back")
print("expected: one page that says so")
print(f"seen: {len(pages)} answers and no page, {codes} codes; the first ones: {pages[:4]}")
assert pages == [("/webex", 302), ("/webex/authorized", 302)] * ROUNDS and codes == ROUNDS
PYTHON
"$folder/venv/bin/python" "$folder/show.py"
