# n8n's Webex node never gives a message of those that Webex lists: "Get Many" takes the list out of Webex's answer and then looks for a list in that list. A workflow goes on with one empty item, however many there are.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund n8n-workflow@2.41.0 lodash@4.18.1 moment-timezone@0.5.48
# The two packages themselves, without the hundreds that the other nodes need.
npm pack --silent n8n-nodes-base@2.41.1 n8n-core@2.41.1 >/dev/null
mkdir nodes core
tar -xzf n8n-nodes-base-2.41.1.tgz -C nodes --strip-components=1
tar -xzf n8n-core-2.41.1.tgz -C core --strip-components=1
cat >show.cjs <<'NODE'
const { createServer } = require('node:http');
const { CiscoWebex } = require('./nodes/dist/nodes/Cisco/Webex/CiscoWebex.node.js');
const { returnJsonArray } = require('./core/dist/execution-engine/node-execution-context/utils/return-json-array.js');

const messages = [1, 2, 3].map((number) => ({ id: `${number}`, roomId: 'room', text: `message ${number}` }));
const server = createServer((request, response) => {
  response.setHeader('Content-Type', 'application/json;charset=UTF-8');
  response.end(JSON.stringify({ items: messages }));
});

// What n8n gives a node when a workflow runs: the parameters, and a request with the person's token.
function running(parameters) {
  const request = async (_credential, options) => {
    const { pathname } = new URL(options.uri);
    const query = new URLSearchParams(options.qs);
    const response = await fetch(`http://127.0.0.1:${server.address().port}${pathname}?${query}`);
    const body = await response.json();
    return options.resolveWithFullResponse ? { headers: Object.fromEntries(response.headers), body } : body;
  };
  return {
    getInputData: () => [{ json: {} }],
    getTimezone: () => 'UTC',
    getNodeParameter: (name) => parameters[name],
    continueOnFail: () => false,
    helpers: {
      requestOAuth2: { call: (_node, ...given) => request(...given) },
      returnJsonArray,
      constructExecutionMetaData: (items) => items,
    },
  };
}

server.listen(0, '127.0.0.1', async () => {
  const parameters = { resource: 'message', operation: 'getAll', roomId: 'room', filters: {}, limit: 50 };
  const seen = [];
  for (const returnAll of [false, true]) {
    const [items] = await new CiscoWebex().execute.call(running({ ...parameters, returnAll }));
    seen.push(items);
    console.log(`seen with "Return All" ${returnAll ? 'on' : 'off'}:`, items);
  }
  server.close();
  process.exit(seen.every((items) => items.length === 1 && items[0].json === undefined) ? 0 : 1);
});
NODE
echo "n8n-nodes-base 2.41.1 with n8n-core 2.41.1, message: get many, of a space with three messages"
echo "expected: three items, each with a text"
node show.cjs
