# @microsoft/fetch-event-source calls onmessage for every comment that keeps a stream alive, with an empty text: whoever reads JSON there ends in a SyntaxError at the first one, which the library takes for a broken connection, so that it begins anew at each comment.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund @microsoft/fetch-event-source@2.0.1
cat >show.cjs <<'NODE'
const assert = require('node:assert');
const { once } = require('node:events');
const { createServer } = require('node:http');
const { fetchEventSource } = require('@microsoft/fetch-event-source');

// What it takes of a browser's page: timers, and whether it can be seen.
globalThis.window = globalThis;
globalThis.document = { hidden: false, addEventListener() {}, removeEventListener() {} };

let asked = 0;
const server = createServer((request, response) => {
  asked += 1;
  response.writeHead(200, { 'Content-Type': 'text/event-stream' });
  response.write('data: {"text": "hello"}\n\n');
  response.write(': still here\n\n');
}).listen(0, '127.0.0.1');

(async () => {
  await once(server, 'listening');
  const given = [];
  const errors = [];
  const leave = new AbortController();
  await fetchEventSource(`http://127.0.0.1:${server.address().port}/`, {
    signal: leave.signal,
    onmessage(event) {
      given.push(event.data);
      JSON.parse(event.data);
    },
    onerror(error) {
      errors.push(error.name);
      if (errors.length === 3) leave.abort();
      return 1;
    },
  });
  console.log('@microsoft/fetch-event-source 2.0.1; one message, and a comment that keeps the stream alive');
  console.log('expected: one connection, one message, no error');
  console.log('seen:', { connections: asked, messages: given, errors });
  assert.deepEqual(given.slice(0, 2), ['{"text": "hello"}', '']);
  assert.deepEqual(errors, ['SyntaxError', 'SyntaxError', 'SyntaxError']);
  assert.equal(asked, 3);
  process.exit(0);
})();
NODE
node show.cjs
