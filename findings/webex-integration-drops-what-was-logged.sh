# webex-integration, a handler that sends Python's log to a space, writes the record's template in place of its words: of `log.error("Disk %s is %d %% full", …)` people read exactly that, and never which disk.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check webex-integration==0.0.3 requests==2.32.5
cat >"$folder/show.py" <<'PYTHON'
import json
import logging
from importlib.metadata import version

import requests
from requests.adapters import BaseAdapter
from webexintegration import WebexHandler, WebexTeams

written = []


class Space(BaseAdapter):
    def send(self, request, **_):
        written.append(json.loads(request.body)["markdown"])
        answer = requests.Response()
        answer.status_code = 200
        return answer

    def close(self):
        pass


webex = WebexTeams("insecure-token", room_id="room")
webex.mount("https://", Space())
log = logging.getLogger("watch")
log.propagate = False
plain = logging.StreamHandler()
log.handlers = [plain, WebexHandler(webex)]
print(f"webex-integration {version('webex-integration')}, requests {requests.__version__}")
print("expected in the space, as on the terminal: Disk sda1 is 97 % full")
log.error("Disk %s is %d %% full", "sda1", 97)
print(f"seen in the space: {written[0]}")
assert written[0].endswith("**ERROR** Disk %s is %d %% full") and "sda1" not in written[0]
PYTHON
"$folder/venv/bin/python" "$folder/show.py"
