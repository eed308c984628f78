# http-proxy never tells a site that a browser has left: it waits for an event that Node 20 emits no more for a request without a body. Each page that was closed, or came back to its stream, leaves one stream open behind the proxy, for as long as the site goes on sending. http-proxy-middleware, made of it, closes them by itself.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund http-proxy@1.18.1 http-proxy-middleware@3.0.11
cat >show.cjs <<'NODE'
const assert = require('node:assert');
const { once } = require('node:events');
const http = require('node:http');
const { setTimeout: pause } = require('node:timers/promises');
const { createProxyServer } = require('http-proxy');
const { createProxyMiddleware } = require('http-proxy-middleware');

const BROWSERS = 5;
let opened = 0;
let closed = 0;
const site = http.createServer((request, response) => {
  opened += 1;
  response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('data: hello\n\n');
  const beat = setInterval(() => response.write('event: beat\ndata: 1\n\n'), 50);
  response.on('close', () => {
    closed += 1;
    clearInterval(beat);
  });
});

async function listening(server) {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return `http://127.0.0.1:${server.address().port}/`;
}

// Read one event, and leave; then how many streams the site still has after 40 more beats.
async function left(address) {
  opened = closed = 0;
  for (let browser = 0; browser < BROWSERS; browser += 1) {
    const request = http.get(address, { agent: false });
    const [response] = await once(request, 'response');
    await once(response, 'data');
    request.destroy();
  }
  for (let waited = 0; closed < opened && waited < 40; waited += 1) await pause(50);
  return { opened, stillOpen: opened - closed };
}

(async () => {
  const target = await listening(site);
  const proxy = createProxyServer({ target });
  const plain = http.createServer((request, response) => proxy.web(request, response));
  const middleware = createProxyMiddleware({ target });
  const other = http.createServer((request, response) => middleware(request, response, () => {}));
  const seen = {
    'without a proxy': await left(target),
    'http-proxy 1.18.1': await left(await listening(plain)),
    'http-proxy-middleware 3.0.11': await left(await listening(other)),
  };
  console.log(`Node ${process.version}; ${BROWSERS} browsers read one event of a stream each, and leave`);
  console.log('expected: no stream is open any more');
  console.log('seen:', seen);
  assert.deepEqual(Object.values(seen).map((each) => each.stillOpen), [0, BROWSERS, 0]);
  process.exit(0);
})();
NODE
node --no-deprecation show.cjs
