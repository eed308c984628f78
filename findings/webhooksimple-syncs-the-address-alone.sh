# webhooksimple's sync updates a webhook by its address alone: Webex's API description requires the name along with it, and lets an update change neither resource nor event. Where that is held to, sync ends in an error; where it is not, it prints a change that is not made.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check webhooksimple==0.1.2 webexteamssdk==1.7 PyYAML==6.0.3 Jinja2==3.1.6 setuptools==80.9.0
cat >"$folder/vars.yml" <<'YAML'
adapter:
  name: WebexTeamsWebhookManager
  authentication: {access_token: insecure}
  parameters: {}
YAML
cat >"$folder/hooks.yml" <<'YAML'
hooks:
  - {name: greeter, resource: memberships, event: created, target_url: 'https://bot.example.com/new'}
YAML
cat >"$folder/show.py" <<'PYTHON'
import contextlib
import io
import json
import runpy
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version

import webexteamssdk

needs = {"name", "targetUrl"}  # what Webex's API description requires of an update
kept = {"id": "one", "name": "greeter", "resource": "messages", "event": "created", "targetUrl": "https://bot.example.com/old"}
heard = []


class Webex(BaseHTTPRequestHandler):
    def do_GET(self):
        self.say(200, {"items": [kept]})

    def do_PUT(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        heard.append(body)
        if self.server.strict and needs - body.keys():
            return self.say(400, {"message": "a field is missing"})
        kept.update({key: body[key] for key in needs & body.keys()})
        self.say(200, kept)

    def say(self, status, body):
        answer = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def sync():
    """What sync prints, and its error."""
    sys.argv = ["webhooksimple", "sync"]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        try:
            runpy.run_module("webhooksimple", run_name="__main__")
            error = None
        except webexteamssdk.ApiError as refused:
            error = refused.status_code
    return printed.getvalue().splitlines()[-1], error


server = HTTPServer(("127.0.0.1", 0), Webex)
threading.Thread(target=server.serve_forever, daemon=True).start()
site = f"http://127.0.0.1:{server.server_port}/v1/"
real = webexteamssdk.WebexTeamsAPI
webexteamssdk.WebexTeamsAPI = lambda access_token: real(access_token=access_token, base_url=site)
print(f"webhooksimple {version('webhooksimple')} with webexteamssdk {version('webexteamssdk')}, sync of an address and a resource that changed")
print(f"expected: an update with {sorted(needs)}, and no word of the resource, which an update cannot change")
server.strict = True
_, refused = sync()
print(f"seen at a site that wants what Webex wants: {heard.pop()}, error {refused}")
server.strict = False
line, error = sync()
print(f"seen at a site that takes it: {heard.pop()}, error {error}; printed {line!r}; there: {kept['resource']}")
assert (refused, error) == (400, None)
assert "memberships" in line
assert kept["resource"] == "messages" and kept["targetUrl"].endswith("/new")
PYTHON
cd "$folder"
"$folder/venv/bin/python" "$folder/show.py"
