# reconnecting-eventsource knows the last event's id only where addEventListener is used: whoever sets onmessage comes back, after the 503 of a site that starts anew, as if they had read nothing. Whoever does both gets each message twice by onmessage.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund reconnecting-eventsource@1.6.5 eventsource@4.1.1
cat >show.cjs <<'NODE'
const assert = require('node:assert');
const { once } = require('node:events');
const { createServer } = require('node:http');
const { EventSource } = require('eventsource');
const Reconnecting = require('reconnecting-eventsource').default;

const STREAM = { 'Content-Type': 'text/event-stream' };

// A stream that ends after event 7, then a 503, for which an EventSource closes itself, then a stream again.
async function heard(ways) {
  const asked = [];
  const said = [];
  const server = createServer((request, response) => {
    asked.push(request.url);
    if (asked.length === 1) response.writeHead(200, STREAM).end('retry: 10\n\nid: 7\ndata: seven\n\n');
    else if (asked.length === 2) response.writeHead(503).end();
    else server.emit('back', response.writeHead(200, STREAM));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${server.address().port}/events`;
  const source = new Reconnecting(url, { eventSourceClass: EventSource, max_retry_time: 20 });
  if (ways.includes('onmessage')) source.onmessage = () => said.push('onmessage');
  if (ways.includes('addEventListener')) source.addEventListener('message', () => said.push('addEventListener'));
  await once(server, 'back');
  source.close();
  server.close();
  server.closeAllConnections();
  return { back: asked[2], said };
}

(async () => {
  const one = await heard(['onmessage']);
  const other = await heard(['addEventListener']);
  const both = await heard(['onmessage', 'addEventListener']);
  console.log('reconnecting-eventsource 1.6.5 with eventsource 4.1.1; a stream, a 503, a stream');
  console.log('expected: back with /events?lastEventId=7, and the message once for each way it is listened to');
  console.log('seen with onmessage:', one);
  console.log('seen with addEventListener:', other);
  console.log('seen with both:', both);
  const back = '/events?lastEventId=7';
  assert.deepEqual(one, { back: '/events', said: ['onmessage'] });
  assert.deepEqual(other, { back, said: ['addEventListener'] });
  assert.deepEqual(both, { back, said: ['onmessage', 'addEventListener', 'onmessage'] });
  process.exit(0);
})();
NODE
node show.cjs
