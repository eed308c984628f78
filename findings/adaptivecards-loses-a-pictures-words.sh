# A picture that does not load takes its alternative text along in Microsoft's card renderer: nothing is left, for anybody.
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

const { element } = draw({ body: [{ type: "Image", url: "https://pictures.example/cat.png", altText: "A cat" }] });
const before = element.querySelector("img").alt;
element.querySelector("img").dispatchEvent(new window.Event("error"));
const left = { image: element.querySelector("img"), words: element.outerHTML.includes("A cat") };
console.log("expected: the picture, or its words:", before);
console.log("seen:", left);
process.exit(before === "A cat" && left.image === null && !left.words ? 0 : 1);
NODE
echo "adaptivecards 3.0.6 in jsdom 26.1.0"
node show.mjs
