# A required input that a card hides stops the card's Submit in Microsoft's renderer: it is not there to be filled in, its message is hidden with it, and nothing happens, however often the button is pressed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true}' >package.json
npm install --silent --ignore-scripts --legacy-peer-deps --no-audit --no-fund adaptivecards@3.0.6 jsdom@26.1.0 esbuild@0.28.2
cat >library.mjs <<'NODE'
export { AdaptiveCard } from "adaptivecards/lib/card-elements";
export { HostConfig } from "adaptivecards/lib/host-config";
NODE
# Its files are modules without saying so: bundled, Node takes them.
node_modules/.bin/esbuild library.mjs --bundle --format=esm --outfile=bundle.mjs --log-level=error
cat >show.mjs <<'NODE'
import { JSDOM } from "jsdom";

const { window } = new JSDOM("<!doctype html><body></body>");
globalThis.window = window;
const needed = /^(HTML.*Element|document|Node|Event)$/;
for (const name of Object.getOwnPropertyNames(window)) if (needed.test(name)) globalThis[name] ??= window[name];
Object.defineProperty(window.HTMLElement.prototype, "innerText", { set(text) { this.textContent = text; } });
const { AdaptiveCard, HostConfig } = await import("./bundle.mjs");
AdaptiveCard.onProcessMarkdown = (text, result) => { result.didProcess = false; };

const hidden = (element) => element !== null && (element.style.display === "none" || hidden(element.parentElement));

// "Which other day?" is asked when somebody presses a button (Action.ToggleVisibility), and most do not.
function pressed(other) {
  const card = new AdaptiveCard();
  card.hostConfig = new HostConfig({});
  card.parse({
    type: "AdaptiveCard",
    version: "1.3",
    body: [
      { type: "Input.Text", id: "day", label: "Day", value: "Monday" },
      { type: "Input.Text", id: "other", label: "Other day", isVisible: false, ...other },
    ],
    actions: [{ type: "Action.Submit", title: "Send" }],
  });
  const element = card.render();
  document.body.append(element);
  let sent = "nothing";
  card.onExecuteAction = ({ data }) => { sent = data; };
  element.querySelector("button").click();
  const message = [...element.querySelectorAll("*")].find((each) => each.textContent === "Please say which");
  return { sent, message: message ? (hidden(message) ? "hidden" : "shown") : "none" };
}

const seen = {
  hidden: pressed({}),
  "hidden, required": pressed({ isRequired: true, errorMessage: "Please say which" }),
  "shown, required": pressed({ isRequired: true, errorMessage: "Please say which", isVisible: true }),
};
console.log('expected: what is hidden is not asked for ("removed from the visual tree": isVisible in the schema), or its message is shown');
console.log("seen after Send is pressed:", seen);
const { sent, message } = seen["hidden, required"];
process.exit(seen.hidden.sent.day === "Monday" && seen["shown, required"].message === "shown" && sent === "nothing" && message === "hidden" ? 0 : 1);
NODE
echo "adaptivecards 3.0.6 in jsdom 26.1.0, a card with a second input that is …"
node show.mjs
