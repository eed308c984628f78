# Microsoft's card renderer refuses every name under the pattern that Webex's own documentation gives for names: it runs \p{L} without the Unicode flag.
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
const { AdaptiveCard, HostConfig } = await import("./bundle.mjs");
AdaptiveCard.onProcessMarkdown = (text, result) => { result.didProcess = false; };

function draw(fields) {
  const card = new AdaptiveCard();
  card.hostConfig = new HostConfig({});
  card.parse({ type: "AdaptiveCard", version: "1.3", ...fields });
  const element = card.render();
  document.body.append(element);
  return { card, element };
}

const pattern = "^[\\p{L} .'-]+$";
const taken = {};
for (const value of ["Ana Maria", "Zoë", "ppLL"]) {
  const input = { type: "Input.Text", id: "name", label: "Name", isRequired: true, errorMessage: "Who?", regex: pattern, value };
  const { card } = draw({ body: [input], actions: [{ type: "Action.Submit", title: "Send" }] });
  taken[value] = false;
  card.onExecuteAction = () => { taken[value] = true; };
  card.getActionAt(0).execute();
}
console.log("expected: names are sent, made-up letters too:", { "Ana Maria": true, "Zoë": true, ppLL: true });
console.log("seen:", taken);
const asBefore = !taken["Ana Maria"] && !taken["Zoë"] && taken.ppLL;
process.exit(asBefore ? 0 : 1);
NODE
echo "adaptivecards 3.0.6 in jsdom 26.1.0"
node show.mjs
