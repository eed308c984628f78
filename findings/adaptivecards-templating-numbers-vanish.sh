# A number that Microsoft's templates put alone into a text is nothing in Microsoft's own card renderer: "${count}" with 5 stays the number 5, and the renderer takes strings only. "${count} open" is there.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true}' >package.json
npm install --silent --ignore-scripts --legacy-peer-deps --no-audit --no-fund adaptivecards@3.0.6 adaptivecards-templating@2.3.1 adaptive-expressions@4.23.3 jsdom@26.1.0 esbuild@0.28.2
cat >library.mjs <<'NODE'
export { AdaptiveCard } from "adaptivecards/lib/card-elements";
export { HostConfig } from "adaptivecards/lib/host-config";
NODE
# Its files are modules without saying so: bundled, Node takes them.
node_modules/.bin/esbuild library.mjs --bundle --format=esm --outfile=bundle.mjs --log-level=error
cat >show.mjs <<'NODE'
import { JSDOM } from "jsdom";
import templating from "adaptivecards-templating";

const { window } = new JSDOM("<!doctype html><body></body>");
globalThis.window = window;
const needed = /^(HTML.*Element|document|Node|Event)$/;
for (const name of Object.getOwnPropertyNames(window)) if (needed.test(name)) globalThis[name] ??= window[name];
// jsdom has no innerText, by which the renderer writes what is not Markdown.
Object.defineProperty(window.HTMLElement.prototype, "innerText", { set(text) { this.textContent = text; } });
const { AdaptiveCard, HostConfig } = await import("./bundle.mjs");
AdaptiveCard.onProcessMarkdown = (text, result) => { result.didProcess = false; };

function shown(element) {
  const template = new templating.Template({ type: "AdaptiveCard", version: "1.3", body: [element] });
  const card = new AdaptiveCard();
  card.hostConfig = new HostConfig({});
  card.parse(template.expand({ $root: { count: 5 } }));
  return card.render().textContent;
}

const elements = [
  { type: "TextBlock", text: "${count} open" },
  { type: "TextBlock", text: "${count}" },
  { type: "FactSet", facts: [{ title: "Open: ", value: "${count}" }] },
];
const seen = elements.map(shown);
console.log("given with count 5:", JSON.stringify(elements));
console.log("expected:", ["5 open", "5", "Open: 5"]);
console.log("seen:", seen);
process.exit(JSON.stringify(seen) === JSON.stringify(["5 open", "", "Open: "]) ? 0 : 1);
NODE
echo "adaptivecards-templating 2.3.1 and adaptivecards 3.0.6 in jsdom 26.1.0"
node show.mjs
