# adaptive-cards-templating-py shows every element whose $when has && or !, whatever the data say: it only sees these signs where a word touches them on both sides, cannot read the rest, and takes its own error text for true.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check adaptive-cards-templating-py==0.1.5
cat >"$folder/show.py" <<'PYTHON'
import contextlib
import io
from importlib.metadata import version

from adaptive_cards_templating_py import Template

print(f"adaptive-cards-templating-py {version('adaptive-cards-templating-py')}, data: admin and late are false")
tries = ["admin", "admin == true", "admin && late", "admin || late", "!(admin == false)"]
seen = []
for condition in tries:
    card = {"type": "AdaptiveCard", "body": [{"type": "TextBlock", "text": "for admins", "$when": f"${{{condition}}}"}]}
    with contextlib.redirect_stdout(io.StringIO()):
        made = Template(card).expand({"$root": {"admin": False, "late": False}})
    seen.append("shown" if made["body"] else "left out")
    print(f"$when ${{{condition}}}; expected: left out; seen: {seen[-1]}")
assert seen == ["left out", "left out", "shown", "shown", "shown"]
PYTHON
"$folder/venv/bin/python" "$folder/show.py"
