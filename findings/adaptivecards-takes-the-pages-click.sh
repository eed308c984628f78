# Drawing one card with Microsoft's renderer replaces document.onclick: the page's own handler is never called again.
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

let clicks = 0;
document.onclick = () => { clicks += 1; };
document.body.click();
draw({ body: [{ type: "TextBlock", text: "no input, no button" }] });
document.body.click();
console.log("expected: two clicks heard by the page");
console.log("seen:", clicks);
process.exit(clicks === 1 ? 0 : 1);
NODE
echo "adaptivecards 3.0.6 in jsdom 26.1.0"
node show.mjs
