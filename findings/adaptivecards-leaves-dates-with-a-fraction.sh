# Microsoft's card renderer makes no date of an instant with a fraction of a second, which RFC 3339 allows and which JavaScript and Webex always write: people read {{DATE(2026-01-31T10:00:00.000Z)}}.
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

function shown(text) {
  const card = new AdaptiveCard();
  card.hostConfig = new HostConfig({});
  card.parse({ type: "AdaptiveCard", version: "1.3", lang: "en", body: [{ type: "TextBlock", text }] });
  // jsdom lays nothing out: what was given to innerText stands there as it was given.
  return card.render().querySelector(".ac-textBlock").innerText;
}

const now = new Date("2026-01-31T10:00:00Z").toISOString();
const whole = now.replace(/\.\d+/, "");
const seen = [whole, now].map((instant) => shown(`{{DATE(${instant}, LONG)}}`));
console.log(`expected: the same date for ${whole} and for ${now}`);
console.log("seen:", seen);
process.exit(seen[0] === "Saturday, January 31, 2026" && seen[1] === `{{DATE(${now}, LONG)}}` ? 0 : 1);
NODE
echo "adaptivecards 3.0.6 in jsdom 26.1.0"
node show.mjs
