// grant without a web framework; its entry "webex" exists, and each address can be overridden.
import grantModule from 'grant';
import { CLIENT_ID, CLIENT_SECRET, OWN_PORT, SANDBOX, check, me, person, step } from './told.mjs';

const site = `http://localhost:${OWN_PORT}`;
const grant = grantModule.node({
  config: {
    defaults: { origin: site, transport: 'state' },
    webex: {
      authorize_url: `${SANDBOX}/v1/authorize`, access_url: `${SANDBOX}/v1/access_token`, oauth: 2, scope_delimiter: ' ',
      key: CLIENT_ID, secret: CLIENT_SECRET, scope: ['spark:people_read'], state: true, pkce: true,
    },
  },
  session: { secret: 'insecure' },
});
let cookie = '';

async function browse(path) {
  const seen = { headers: {} };
  const response = {
    getHeader: () => undefined,
    setHeader: (name, value) => { seen.headers[name.toLowerCase()] = value; },
    writeHead(code, headers) { for (const [k, v] of Object.entries(headers ?? {})) seen.headers[k.toLowerCase()] = v; },
    end: () => finished(),
  };
  let finished;
  const end = new Promise((done) => { finished = done; });
  const result = await grant({ method: 'GET', url: path, headers: { cookie } }, response);
  if (result.redirect) await end;
  cookie = [seen.headers['set-cookie'] ?? []].flat().map((c) => c.split(';')[0]).join('; ') || cookie;
  return { location: seen.headers.location, ...result };
}

let tokens;
await step('sign-in', async () => {
  const { location } = await browse('/connect/webex');
  const back = new URL(await person(location));
  const { response } = await browse(back.pathname + back.search);
  tokens = response;
  check(tokens?.access_token, JSON.stringify(response));
});
await step('people/me', () => me(tokens.access_token));
process.exit();
