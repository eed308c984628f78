# Cisco's Node SDK rejects a refresh whose answer repeats the access token, which Webex gives for a day: forcing a refresh early ends in an error.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true}' >package.json
# The SDK needs Babel's helpers and does not say so.
npm install --silent --ignore-scripts --no-audit --no-fund @webex/webex-core@3.12.0 @babel/runtime-corejs2@7.29.13
cat >show.cjs <<'NODE'
const { createServer } = require('node:http');

const repeated = 'NDM3_PF84_1eb65fdf-9643-417f-9974-ad72cae0e10f';
const asked = [];
const server = createServer((request, response) => {
  let form = '';
  request.on('data', (chunk) => { form += chunk; });
  request.on('end', () => {
    asked.push(`${request.url} ${new URLSearchParams(form).get('grant_type')}`);
    response.setHeader('content-type', 'application/json;charset=UTF-8');
    response.end(JSON.stringify({
      access_token: process.env.NEW ? `NEW${repeated}` : repeated,
      expires_in: 1200000, refresh_token: 'refresh', refresh_token_expires_in: 7000000, token_type: 'Bearer',
    }));
  });
});

server.listen(0, '127.0.0.1', async () => {
  process.env.IDBROKER_BASE_URL = `http://127.0.0.1:${server.address().port}`;
  process.env.HYDRA_SERVICE_URL = `${process.env.IDBROKER_BASE_URL}/v1`;
  // The SDK asks Cisco's catalogue in the background, in vain here.
  process.on('unhandledRejection', () => {});
  console.error = console.warn = () => {};
  const WebexCore = require('@webex/webex-core').default;
  const webex = new WebexCore({
    config: { credentials: { client_id: 'id', client_secret: 'secret', redirect_uri: 'http://localhost/', scope: 'spark:all' } },
    credentials: { access_token: repeated, refresh_token: 'refresh', expires: Date.now() + 1e9 },
  });
  let seen = 'refreshed';
  try {
    await webex.credentials.supertoken.refresh();
  } catch (error) {
    seen = `${error.name}: ${error.message}`;
  }
  console.log(`@webex/webex-core ${require('@webex/webex-core/package.json').version}, ${asked[0]}`);
  console.log('expected: the same access token with its expires_in is a good answer (RFC 6749 section 6 asks for no new one)');
  console.log(`seen: ${seen}`);
  process.exit(seen.includes('new token matches current token') && asked.length === 1 ? 0 : 1);
});
NODE
node show.cjs
