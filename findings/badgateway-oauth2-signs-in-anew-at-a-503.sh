# @badgateway/oauth2-client takes any trouble of the token endpoint for a refused refresh token: at a 503 or a 429, which pass in a second, it has the person sign in anew, and drops a refresh token that was good for 90 days.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund @badgateway/oauth2-client@3.3.1
cat >show.js <<'NODE'
import assert from 'node:assert';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { OAuth2Client, OAuth2Fetch } from '@badgateway/oauth2-client';

let trouble;
const server = createServer((request, response) => {
  const json = (status, body, headers) =>
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify(body));
  if (request.url === '/v1/people/me') json(200, { displayName: 'Ada Lovelace' });
  else json(trouble, { message: 'try again', errors: [], trackingId: 'T_1' }, { 'Retry-After': '1' });
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const here = `http://127.0.0.1:${server.address().port}`;

async function refreshed(status) {
  trouble = status;
  const told = { signIns: 0, errors: 0, stored: [] };
  const client = new OAuth2Client({ clientId: 'id', clientSecret: 'insecure', tokenEndpoint: `${here}/v1/access_token` });
  const wrapper = new OAuth2Fetch({
    client,
    scheduleRefresh: false,
    getStoredToken: () => ({ accessToken: 'insecure-old', refreshToken: 'insecure-good', expiresAt: Date.now() - 1000 }),
    getNewToken: () => {
      told.signIns += 1;
      return { accessToken: 'insecure-new', refreshToken: 'insecure-newer', expiresAt: Date.now() + 1e6 };
    },
    storeToken: (token) => told.stored.push(token.refreshToken),
    onError: () => (told.errors += 1),
  });
  await wrapper.fetch(`${here}/v1/people/me`);
  return told;
}

console.warn = () => {};
console.log('@badgateway/oauth2-client 3.3.1; the access token has ended, its refresh token has not');
for (const status of [503, 429]) {
  const seen = await refreshed(status);
  console.log(`the token endpoint answers ${status} with Retry-After: 1; expected: an error, or another try; no sign-in; seen:`, seen);
  assert.deepEqual(seen, { signIns: 1, errors: 0, stored: ['insecure-newer'] });
}
server.close();
server.closeAllConnections();
NODE
node show.js
