# adaptive-cards-templating-py shows an element whose $when has `&&` or `||` with spaces around it, or `!`, though the condition is false: it cannot read these, and takes the text of what it cannot read for true. `urgent&&late` it reads.
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

print(f"adaptive-cards-templating-py {version('adaptive-cards-templating-py')}, data: urgent and late are false")
tries = ["late", "late == true", "urgent&&late", "urgent && late", "urgent || late", "!(late == false)"]
seen = []
for condition in tries:
    card = {"type": "AdaptiveCard", "body": [{"type": "TextBlock", "text": "hurry up", "$when": f"${{{condition}}}"}]}
    with contextlib.redirect_stdout(io.StringIO()):
        made = Template(card).expand({"$root": {"urgent": False, "late": False}})
    seen.append("shown" if made["body"] else "left out")
    print(f"$when ${{{condition}}}; expected: left out; seen: {seen[-1]}")
assert seen == ["left out", "left out", "left out", "shown", "shown", "shown"]
PYTHON
"$folder/venv/bin/python" "$folder/show.py"
