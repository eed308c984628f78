# mcp-webexcalling sends a POST up to four times if Webex's answer is lost or says 502, though Webex may have done what was asked: one webhook that is to be registered exists four times, and Webex tells everything as often. The same goes for people and for queues.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check mcp-webexcalling==0.2.1
cat >"$folder/show.py" <<'PYTHON'
import asyncio
import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version

os.chdir(sys.argv[1])
from mcp_webexcalling.webex_client import WebexApiError, WebexClient

webhooks = []
trouble = None


class Webex(BaseHTTPRequestHandler):
    def do_POST(self):
        """Do what is asked; then the answer is lost on its way, or a gateway says 502."""
        webhooks.append(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["name"])
        if trouble == "502":
            self.send_response(502)
            self.send_header("Content-Length", "0")
            self.end_headers()
        self.close_connection = True

    def log_message(self, *_):
        pass


async def register(base_url):
    client = WebexClient("insecure-token", base_url, retry_backoff=0.001)
    try:
        await client.create_webhook(
            name="news", target_url="https://bot.example/hook", resource="messages", event="created"
        )
    except WebexApiError as error:
        return type(error).__name__
    return "registered"


webex = ThreadingHTTPServer(("127.0.0.1", 0), Webex)
threading.Thread(target=webex.serve_forever, daemon=True).start()
print(f"mcp-webexcalling {version('mcp-webexcalling')}, create_webhook once")
for trouble in ("no answer", "502"):
    webhooks.clear()
    told = asyncio.run(register(f"http://127.0.0.1:{webex.server_port}"))
    print(f"{trouble}; expected: an error, and one webhook at Webex; seen: {told}, and {len(webhooks)} webhooks")
    assert len(webhooks) == 4
PYTHON
"$folder/venv/bin/python" "$folder/show.py" "$folder"
