# adaptive-cards-py's own validator for Webex refuses every card of its own that has a button: the library writes "mode": "primary", a field of version 1.5, into each action, whatever the card's version, and Webex' schema there is 1.2.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check adaptive-cards-py==0.4.3
cat >"$folder/show.py" <<'PYTHON'
from importlib.metadata import version

from adaptive_cards.card import ActionOpenUrl, ActionShowCard, ActionSubmit, AdaptiveCard, TextBlock
from adaptive_cards.validation import CardValidatorFactory


def card(*actions):
    return AdaptiveCard.new().version("1.2").add_item(TextBlock(text="Do you come?")).add_actions(list(actions)).create()


def verdict(card):
    return CardValidatorFactory.create_validator_cisco_webex_teams().validate(card, debug=False).is_ok()


cards = {
    "no button": card(),
    "Action.Submit": card(ActionSubmit(title="Yes")),
    "Action.OpenUrl": card(ActionOpenUrl(title="More", url="https://example.com")),
    "Action.ShowCard": card(ActionShowCard(title="Why", card=card())),
    "Action.Submit with mode=None": card(ActionSubmit(title="Yes", mode=None)),
}
seen = {name: verdict(each) for name, each in cards.items()}
print(f"adaptive-cards-py {version('adaptive-cards-py')}, create_validator_cisco_webex_teams(), cards of version 1.2")
print("expected: each is valid; Action.Submit, OpenUrl and ShowCard are there since version 1.0 (adaptivecards.io/explorer)")
print("seen:", seen)
print("the button that was written:", cards["Action.Submit"].to_dict()["actions"])
assert list(seen.values()) == [True, False, False, False, True]
assert cards["Action.Submit"].to_dict()["actions"][0]["mode"] == "primary"
PYTHON
"$folder/venv/bin/python" "$folder/show.py"
