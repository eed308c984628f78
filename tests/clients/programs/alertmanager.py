"""Alertmanager's own webex_configs: an alert becomes a message of the bot."""

import json
import socket
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

from told import BOT_TOKEN, SANDBOX, SPACE_ID, call, step, token_of

CONFIGURATION = f"""
route: {{receiver: webex, group_wait: 0s}}
receivers:
- name: webex
  webex_configs:
  - api_url: {SANDBOX}/v1/messages
    room_id: {SPACE_ID}
    send_resolved: false
    http_config: {{authorization: {{type: Bearer, credentials: {BOT_TOKEN}}}}}
"""


def messages() -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "alertmanager.yml").write_text(CONFIGURATION)
        port = _port()
        program = subprocess.Popen(
            [
                "/usr/bin/prometheus-alertmanager",
                f"--config.file={folder}/alertmanager.yml",
                f"--storage.path={folder}",
                f"--web.listen-address=127.0.0.1:{port}",
                "--cluster.listen-address=",
            ]
        )
        try:
            _alert(port)
            _wait_for_message()
        finally:
            program.terminate()
            program.wait()


def _port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _alert(port: int) -> None:
    body = json.dumps([{"labels": {"alertname": "SignInsFail", "severity": "page"}}]).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/v2/alerts",
        data=body,
        headers={"Content-Type": "application/json"},
    )
    for _ in range(80):
        try:
            with urllib.request.urlopen(request, timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("Alertmanager does not start.")


def _wait_for_message() -> None:
    member = token_of("grace@example.com")
    for _ in range(80):
        found = call("GET", f"/v1/messages?roomId={SPACE_ID}&max=20", token=member)["items"]
        if any("SignInsFail" in message["text"] for message in found):
            return
        time.sleep(0.2)
    raise AssertionError("No message of the alert within 16 s.")


step("messages", messages)
