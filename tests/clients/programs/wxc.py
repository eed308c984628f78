"""wxc-sdk: its own Integration for the grant, a RestSession of its own for another address."""

from urllib.parse import parse_qs, urlsplit

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
from wxc_sdk import WebexSimpleApi
from wxc_sdk.integration import Integration
from wxc_sdk.rest import RestSession
from wxc_sdk.tokens import Tokens
from wxc_sdk.webhook import WebhookEvent

RestSession.BASE = f"{SANDBOX}/v1"
integration = Integration(
    client_id=CLIENT_ID,
    client_secret=CLIENT_SECRET,
    scopes="spark:all spark:kms",
    redirect_url=REDIRECT_URI,
    auth_service=f"{SANDBOX}/v1/authorize",
    token_service=f"{SANDBOX}/v1/access_token",
)
kept = {}


def sign_in() -> None:
    location = person(integration.auth_url(state="x"))
    kept["tokens"] = integration.tokens_from_code(
        code=parse_qs(urlsplit(location).query)["code"][0]
    )
    kept["ada"] = WebexSimpleApi(tokens=kept["tokens"])


def me() -> None:
    assert kept["ada"].people.me().display_name == "Ada Lovelace"


def refresh() -> None:
    before = kept["tokens"].access_token
    integration.refresh(tokens=kept["tokens"])
    assert kept["tokens"].access_token != before
    me()


def messages() -> None:
    ada = kept["ada"]
    assert list(ada.rooms.list())
    room = ada.rooms.create(title="A room")
    ada.membership.create(room_id=room.id, person_email="grace@example.com")
    sent = ada.messages.create(room_id=room.id, markdown="**Hello**")
    assert sent.html
    assert next(iter(ada.messages.list(room_id=room.id))).id == sent.id
    assert list(ada.people.list(email="grace@example.com"))
    ada.rooms.delete(room_id=room.id)


def webhook() -> None:
    receiver = Receiver()
    bot = WebexSimpleApi(tokens=BOT_TOKEN)
    call_me = {
        "name": "all",
        "target_url": receiver.url,
        "resource": "messages",
        "event": "created",
        "secret": "a secret",
    }
    bot.webhook.create(**call_me)
    call(
        "POST",
        "/v1/messages",
        {"toPersonEmail": "events@webex.bot", "text": "Hello Zoë"},
        token_of("grace@example.com"),
    )
    event = WebhookEvent.model_validate_json(receiver.next()[1])
    assert event.data.id


def card() -> None:
    ada = kept["ada"]
    room = next(iter(ada.rooms.list()))
    sent = ada.messages.create(room_id=room.id, text="A card", attachments=[CARD_ATTACHMENT])
    assert ada.messages.details(message_id=sent.id).attachments, "the answer has no attachments"
    action = call(
        "POST",
        "/v1/attachment/actions",
        {"type": "submit", "messageId": sent.id, "inputs": {"name": "Ada"}},
        kept["tokens"].access_token,
    )
    assert ada.attachment_actions.details(action_id=action["id"]).inputs["name"] == "Ada"


step("sign-in", sign_in)
step("people/me", me)
step("messages", messages)
step("webhook", webhook)
step("card", card)
step("refresh", refresh)
assert isinstance(kept["tokens"], Tokens)
