// better-auth's generic OAuth by discovery, with its memory adapter.
import { betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { genericOAuth } from 'better-auth/plugins';
import { CLIENT_ID, CLIENT_SECRET, OWN_PORT, SANDBOX, call, check, me, person, step } from './told.mjs';

const site = `http://localhost:${OWN_PORT}`;
const memory = { user: [], session: [], account: [], verification: [] };
const jar = new Map();
let auth;

async function browse(url, body) {
  const answer = await auth.handler(new Request(url, {
    method: body ? 'POST' : 'GET',
    headers: { cookie: [...jar].map(([k, v]) => `${k}=${v}`).join('; '), 'content-type': 'application/json', origin: site },
    body: body && JSON.stringify(body),
  }));
  for (const line of answer.headers.getSetCookie()) {
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
    jar.set(name, value);
  }
  return answer;
}

await step('sign-in', async () => {
  auth = betterAuth({
    baseURL: site, secret: 'insecure-but-long-enough-for-better-auth', database: memoryAdapter(memory),
    logger: { disabled: false }, telemetry: { enabled: false },
    plugins: [genericOAuth({ config: [{
      providerId: 'webex', clientId: CLIENT_ID, clientSecret: CLIENT_SECRET, pkce: true,
      discoveryUrl: `${SANDBOX}/v1/.well-known/openid-configuration`,
      scopes: ['openid', 'email', 'profile', 'spark:people_read'],
    }] })],
  });
  let there = await browse(`${site}/api/auth/sign-in/social`, { provider: 'webex', callbackURL: '/home' });
  if (there.status === 404) there = await browse(`${site}/api/auth/sign-in/oauth2`, { providerId: 'webex', callbackURL: '/home' });
  const { url, ...rest } = await there.json();
  check(url, `${there.status} ${JSON.stringify(rest)}`);
  const own = new URL(url).searchParams.get('redirect_uri');
  await call('POST', '/_sandbox/integrations', { client_id: CLIENT_ID, client_secret: CLIENT_SECRET, redirect_uris: [own] });
  const answer = await browse(await person(url));
  check(memory.account.length === 1, `${answer.status} ${answer.headers.get('location')}`);
});
await step('people/me', async () => {
  check(memory.user[0].email === 'ada@example.com', JSON.stringify(memory.user));
  await me(memory.account[0].accessToken);
});
await step('refresh', async () => {
  const answer = await browse(`${site}/api/auth/refresh-token`, { accountId: memory.account[0].id });
  const tokens = await answer.json();
  check(tokens.accessToken, `${answer.status} ${JSON.stringify(tokens)}`);
  await me(tokens.accessToken);
});
process.exit();
