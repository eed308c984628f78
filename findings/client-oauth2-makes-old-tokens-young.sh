# client-oauth2 counts a token's life from the moment at which it is made again of its raw data (`token.data`, which its README offers to pass to `createToken`): one that ended a day ago is good for another 14 days, `expired()` is false, and nothing asks for a refresh. simple-oauth2 keeps the instant.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund client-oauth2@4.3.3 simple-oauth2@5.1.0
cat >show.cjs <<'NODE'
const assert = require('node:assert');
const { once } = require('node:events');
const { createServer } = require('node:http');
const ClientOAuth2 = require('client-oauth2');
const { AuthorizationCode } = require('simple-oauth2');

const TOKEN = { access_token: 'insecure', expires_in: 1209599, refresh_token: 'insecure-too', token_type: 'Bearer' };
const DAY = 86_400_000;
const realNow = Date.now;
const RealDate = Date;

// The clock of both libraries, so many days from now.
function later(days) {
  const now = () => realNow() + days * DAY;
  globalThis.Date = class extends RealDate {
    constructor(...given) {
      super(...(given.length ? given : [now()]));
    }
    static now() {
      return now();
    }
  };
}

(async () => {
  const server = createServer((request, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(TOKEN));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const here = `http://127.0.0.1:${server.address().port}`;
  const one = new ClientOAuth2({
    clientId: 'id', clientSecret: 'insecure', accessTokenUri: `${here}/access_token`, redirectUri: 'https://app.example/oauth',
  });
  const other = new AuthorizationCode({ client: { id: 'id', secret: 'insecure' }, auth: { tokenHost: here, tokenPath: '/access_token' } });
  const stored = JSON.stringify((await one.code.getToken('https://app.example/oauth?code=insecure')).data);
  const otherStored = JSON.stringify(await other.getToken({ code: 'insecure', redirect_uri: 'https://app.example/oauth' }));
  const seen = [1, 15, 40].map((days) => {
    later(days);
    return {
      days,
      'client-oauth2': one.createToken(JSON.parse(stored)).expired(),
      'simple-oauth2': other.createToken(JSON.parse(otherStored)).expired(),
    };
  });
  console.log('client-oauth2 4.3.3 and simple-oauth2 5.1.0; a token for 14 days, stored, and read back some days later');
  console.log('expected: expired after 15 and after 40 days');
  console.log('seen:', seen);
  assert.deepEqual(seen.map((each) => each['simple-oauth2']), [false, true, true]);
  assert.deepEqual(seen.map((each) => each['client-oauth2']), [false, false, false]);
  process.exit(0);
})();
NODE
node show.cjs
