"""webexpythonsdk, and its ancestor webexteamssdk, which has the same interface."""

import json
import os
from urllib.parse import parse_qs, urlencode, urlsplit

from told import (
    BOT_TOKEN,
    CARD_ATTACHMENT,
    CLIENT_ID,
    CLIENT_SECRET,
    REDIRECT_URI,
    SANDBOX,
    Receiver,
    call,
    person,
    step,
    token_of,
)

if os.environ["CLIENT_NAME"] == "webexteamssdk":
    from webexteamssdk import WebexTeamsAPI as WebexAPI
    from webexteamssdk import WebhookEvent
else:
    from webexpythonsdk import WebexAPI, WebhookEvent

BASE = f"{SANDBOX}/v1/"
apis = {}


def sign_in() -> None:
    request = {
        "client_id": CLIENT_ID,
        "response_type": "code",
        "redirect_uri": REDIRECT_URI,
        "scope": "spark:all spark:kms",
        "state": "x",
    }
    code = parse_qs(urlsplit(person(f"{BASE}authorize?{urlencode(request)}")).query)["code"][0]
    apis["ada"] = WebexAPI(
        base_url=BASE,
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        oauth_code=code,
        redirect_uri=REDIRECT_URI,
    )


def me() -> None:
    assert apis["ada"].people.me().displayName == "Ada Lovelace"


def refresh() -> None:
    # The SDK's constructor keeps the access token alone, so a code of one's own is spent here.
    request = {
        "client_id": CLIENT_ID,
        "response_type": "code",
        "redirect_uri": REDIRECT_URI,
        "scope": "spark:all spark:kms",
        "state": "x",
    }
    code = parse_qs(urlsplit(person(f"{BASE}authorize?{urlencode(request)}")).query)["code"][0]
    ada = apis["ada"]
    tokens = ada.access_tokens.get(
        client_id=CLIENT_ID, client_secret=CLIENT_SECRET, code=code, redirect_uri=REDIRECT_URI
    )
    again = ada.access_tokens.refresh(CLIENT_ID, CLIENT_SECRET, tokens.refresh_token)
    assert again.access_token
    assert again.expires_in


def messages() -> None:
    ada = apis["ada"]
    assert [room.id for room in ada.rooms.list(max=1)]
    room = ada.rooms.create("A room")
    ada.memberships.create(room.id, personEmail="grace@example.com")
    sent = ada.messages.create(room.id, markdown="**Hello** Grace")
    assert next(iter(ada.messages.list(room.id, max=1))).id == sent.id
    assert "<strong>Hello</strong>" in sent.html
    ada.rooms.update(room.id, title="Another title")
    assert list(ada.messages.list_direct(personEmail="grace@example.com")) is not None
    ada.teams.create("A team")
    ada.rooms.delete(room.id)


def webhook() -> None:
    receiver = Receiver()
    bot = WebexAPI(access_token=BOT_TOKEN, base_url=BASE)
    bot.webhooks.create("all", receiver.url, "all", "all", secret="a secret")
    grace = token_of("grace@example.com")
    call(
        "POST",
        "/v1/messages",
        {"toPersonEmail": "events@webex.bot", "text": "Hello Zoë"},
        grace,
    )
    events = []
    while not any(event.resource == "messages" for event in events):
        events.append(WebhookEvent(receiver.next()[1].decode()))
    assert bot.messages.get(events[-1].data.id)
    assert events[-1].targetUrl == receiver.url
    assert json.loads(events[-1].to_json())["ownedBy"] == "creator"


def card() -> None:
    ada = apis["ada"]
    room = ada.rooms.create("A room for cards")
    sent = ada.messages.create(room.id, text="A card", attachments=[CARD_ATTACHMENT])
    kept = ada.messages.get(sent.id)
    assert kept.attachments, "the answer has no attachments"
    action = ada.attachment_actions.create(type="submit", messageId=sent.id, inputs={"name": "Ada"})
    assert ada.attachment_actions.get(action.id).inputs["name"] == "Ada"


step("sign-in", sign_in)
step("people/me", me)
step("refresh", refresh)
step("messages", messages)
step("webhook", webhook)
step("card", card)
