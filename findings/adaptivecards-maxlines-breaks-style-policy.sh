# Microsoft's card renderer styles through the DOM, which a policy of style-src 'self' allows; only maxLines of a TextBlock makes it write style attributes into HTML, so those cards break the policy.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true}' >package.json
npm install --silent --ignore-scripts --legacy-peer-deps --no-audit --no-fund adaptivecards@3.0.6 esbuild@0.28.2
cat >library.mjs <<'NODE'
import { AdaptiveCard } from "adaptivecards/lib/card-elements";
import { HostConfig } from "adaptivecards/lib/host-config";

AdaptiveCard.onProcessMarkdown = (text, result) => {
  result.outputHtml = `<p>${text}</p>`;
  result.didProcess = true;
};
window.broken = [];
document.addEventListener("securitypolicyviolation", (event) => { window.broken.push(event.effectiveDirective); });
window.draw = async (fields) => {
  window.broken = [];
  const card = new AdaptiveCard();
  card.hostConfig = new HostConfig({});
  card.parse({ type: "AdaptiveCard", version: "1.0", body: [{ type: "TextBlock", wrap: true, ...fields }] });
  document.body.replaceChildren(card.render());
  card.updateLayout();
  await new Promise((done) => setTimeout(done, 1000));
  return { broken: [...new Set(window.broken)], shown: document.body.innerText };
};
NODE
node_modules/.bin/esbuild library.mjs --bundle --outfile=bundle.js --log-level=error
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check aiohttp==3.14.5 playwright==1.65.2
cat >show.py <<'PYTHON'
import asyncio
import shutil

from aiohttp import web
from playwright.async_api import async_playwright

POLICY = "default-src 'none'; script-src 'self'; style-src 'self'"
PAGE = "<!doctype html><title>cards</title><body><script src=/bundle.js></script>"
TEXT = "A line that is long enough to be broken several times in a narrow window. " * 6


async def page(_):
    return web.Response(text=PAGE, content_type="text/html", headers={"Content-Security-Policy": POLICY})


async def bundle(_):
    return web.FileResponse("bundle.js")


async def main():
    app = web.Application()
    app.add_routes([web.get("/", page), web.get("/bundle.js", bundle)])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        window = await browser.new_page(viewport={"width": 320, "height": 480})
        await window.goto(f"http://127.0.0.1:{port}/")
        whole = await window.evaluate("draw", {"text": TEXT, "weight": "Bolder", "color": "Attention"})
        cut = await window.evaluate("draw", {"text": TEXT, "maxLines": 2})
        print(f"adaptivecards 3.0.6, Chromium {browser.version}")
        await browser.close()
    await runner.cleanup()
    print("expected: a text in bold and red breaks no policy, nor does one of at most two lines")
    print(f"seen: bold and red: {whole['broken']}, at most two lines: {cut['broken']}")
    assert whole["broken"] == []
    assert cut["broken"] == ["style-src-attr"]


asyncio.run(main())
PYTHON
venv/bin/python show.py
