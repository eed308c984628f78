# webex-message-handler does not know its own messages: it cannot read the id that Webex gives its bot, as Webex leaves out base64's padding. So a bot hears all that it says itself, though ignore_self_messages is on, as it is by default.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check webex-message-handler==0.6.17
cat >"$folder/show.py" <<'PYTHON'
import asyncio
import base64
import json
from importlib.metadata import version
from types import SimpleNamespace

import aiohttp
from webex_message_handler import KmsClient, WebexMessageHandler, WebexMessageHandlerConfig

BOT = "1eb65fdf-9643-417f-9974-ad72cae0e10f"
PERSON = "8ccd1b1b-3f5c-4c47-b4b6-f8f8bde0c5a1"
PADDED = base64.b64encode(f"ciscospark://us/PEOPLE/{BOT}".encode()).decode()
AS_WEBEX_WRITES = PADDED.rstrip("=")
DEVICE = {
    "url": "https://wdm-a.wbx2.com/wdm/api/v1/devices/1",
    "webSocketUrl": "wss://mercury-a.wbx2.com/v1/1",
    "userId": BOT,
    "services": {"encryptionServiceUrl": "https://encryption-a.wbx2.com/encryption/api/v1"},
}


def said(uuid, text):
    """What Mercury tells of a message in clear, which the library takes as well as a sealed one."""
    return {
        "id": f"activity of {uuid}",
        "verb": "post",
        "published": "2026-01-31T10:00:00.000Z",
        "actor": {"id": uuid, "objectType": "person", "emailAddress": "somebody@example.com"},
        "object": {"objectType": "comment", "displayName": text},
        "target": {"id": "0b6d9a3e-5a0b-4b1e-8a59-3a1f6d0f7c11", "objectType": "conversation", "tags": ["ONE_ON_ONE"]},
    }


class Mercury:
    """Says that it is ready, and then what the bot and the person said."""

    def __init__(self):
        self.closed, self.close_code, self._more = False, 1000, asyncio.Event()

    async def __aiter__(self):
        yield self._text({"eventType": "mercury.buffer_state"})
        await self._more.wait()
        yield self._text({"eventType": "conversation.activity", "activity": said(BOT, "Hello, I am the bot")})
        yield self._text({"eventType": "conversation.activity", "activity": said(PERSON, "Hello, bot")})
        await asyncio.Event().wait()

    def speak(self):
        self._more.set()

    async def send_str(self, _):
        pass

    async def close(self, code=1000):
        self.closed = True

    @staticmethod
    def _text(data):
        return SimpleNamespace(type=aiohttp.WSMsgType.TEXT, data=json.dumps({"id": "1", "data": data}))


async def heard(person_id):
    """The texts that reach a bot to which /people/me says that it has this id."""
    mercury = Mercury()

    async def fetch(request):
        body = DEVICE
        if request.url.endswith("/people/me"):
            body = {"id": person_id, "type": "bot", "displayName": "Bot"}
        elif request.method == "GET":
            body = {"devices": [], "serviceLinks": {"wdm": "https://wdm-a.wbx2.com/wdm/api/v1"}}

        async def json_of():
            return body

        return SimpleNamespace(status=200, ok=True, json=json_of)

    async def open_socket(_):
        return mercury

    bot = WebexMessageHandler(
        WebexMessageHandlerConfig(token="insecure", mode="injected", fetch=fetch, web_socket_factory=open_socket)
    )
    texts, last = [], asyncio.Event()

    @bot.on("message:created")
    def _(message):
        texts.append(message.text)
        if message.person_id == PERSON:
            last.set()

    await bot.connect()
    mercury.speak()
    await asyncio.wait_for(last.wait(), 10)
    await bot.disconnect()
    return texts


async def no_keys(_):
    """What is said here is in clear: no keys are fetched."""


KmsClient.initialize = no_keys
seen, with_padding = asyncio.run(heard(AS_WEBEX_WRITES)), asyncio.run(heard(PADDED))
print(f"webex-message-handler {version('webex-message-handler')}, ignore_self_messages as it is by default")
print("expected: the bot hears ['Hello, bot']")
print(f"seen with an id as Webex writes it, of {len(AS_WEBEX_WRITES)} characters: {seen}")
print(f"seen with the same id padded to {len(PADDED)}: {with_padding}")
assert (seen, with_padding) == (["Hello, I am the bot", "Hello, bot"], ["Hello, bot"])
PYTHON
"$folder/venv/bin/python" "$folder/show.py"
