# n8n's Webex trigger never finds the webhook that it has registered: it looks for its own address in the field "url", which Webex's webhooks call "targetUrl". Each time that n8n asks whether there is one, one more is registered, and each message starts the workflow once for every one of them.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund n8n-workflow@2.41.0 lodash@4.18.1 moment-timezone@0.5.48
# The package itself, without the hundreds that its other nodes need.
npm pack --silent n8n-nodes-base@2.41.1 >/dev/null
mkdir nodes
tar -xzf n8n-nodes-base-2.41.1.tgz -C nodes --strip-components=1
cat >show.cjs <<'NODE'
const { createServer } = require('node:http');
const { CiscoWebexTrigger } = require('./nodes/dist/nodes/Cisco/Webex/CiscoWebexTrigger.node.js');

// The fields are those of Webex's OpenAPI description of POST /webhooks and GET /webhooks.
const registered = [];
const server = createServer(async (request, response) => {
  response.setHeader('Content-Type', 'application/json;charset=UTF-8');
  if (request.method === 'GET') return response.end(JSON.stringify({ items: registered }));
  let body = '';
  for await (const chunk of request) body += chunk;
  const { secret, ...given } = JSON.parse(body);
  registered.push({ id: `${registered.length + 1}`, ...given, status: 'active', ownedBy: 'creator' });
  response.end(JSON.stringify(registered.at(-1)));
});

// What n8n gives a trigger: its parameters, its address, a request with the person's token, and what it remembers.
const parameters = { resource: 'message', event: 'created', filters: {} };
const remembered = {};
async function request(_credential, options) {
  const { pathname } = new URL(options.uri);
  const body = options.body && JSON.stringify(options.body);
  const answer = await fetch(`http://127.0.0.1:${server.address().port}${pathname}`, { method: options.method, body });
  const parsed = await answer.json();
  return options.resolveWithFullResponse ? { headers: Object.fromEntries(answer.headers), body: parsed } : parsed;
}
const trigger = {
  getNodeWebhookUrl: () => 'https://n8n.example.com/webhook/1',
  getWorkflowStaticData: () => remembered,
  getNodeParameter: (name) => parameters[name],
  getCredentials: async () => ({ clientId: 'insecure', clientSecret: 'insecure' }),
  helpers: { requestOAuth2: { call: (_node, ...given) => request(...given) } },
};

server.listen(0, '127.0.0.1', async () => {
  const { checkExists, create } = new CiscoWebexTrigger().webhookMethods.default;
  const found = [];
  for (let start = 0; start < 3; start += 1) {
    found.push(await checkExists.call(trigger));
    if (!found.at(-1)) await create.call(trigger);
  }
  server.close();
  const addresses = registered.map((one) => one.targetUrl);
  console.log('seen: it was there?', found);
  console.log('seen: registered for', addresses);
  process.exit(found.join() === 'false,false,false' && addresses.length === 3 && new Set(addresses).size === 1 ? 0 : 1);
});
NODE
echo "n8n-nodes-base 2.41.1, Webex by Cisco Trigger, asked three times as n8n does (createWebhookIfNotExists): if it is not there, create it"
echo "expected: it was there? [ false, true, true ], and one webhook"
node show.cjs
