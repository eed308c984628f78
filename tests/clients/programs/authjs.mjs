// Auth.js' own Webex provider; `apiBaseUrl` is its setting for another address.
import { Auth } from '@auth/core';
import Webex from '@auth/core/providers/webex';
import { getToken } from '@auth/core/jwt';
import { CLIENT_ID, CLIENT_SECRET, OWN_PORT, SANDBOX, call, check, me, person, step } from './told.mjs';

const site = `http://localhost:${OWN_PORT}`;
const jar = new Map();
let problem = '';
let seen = {};
const config = {
  basePath: '/auth',
  secret: 'insecure',
  trustHost: true,
  providers: [Webex({ clientId: CLIENT_ID, clientSecret: CLIENT_SECRET, apiBaseUrl: `${SANDBOX}/v1` })],
  callbacks: {
    jwt({ token, account }) { if (account) seen = account; return token; },
  },
  logger: { error: (e) => { problem = `${e.name}: ${e.cause?.err?.message ?? e.message}`; }, warn() {}, debug() {} },
};

async function browse(url, form) {
  const answer = await Auth(new Request(url, {
    method: form ? 'POST' : 'GET',
    headers: { cookie: [...jar].map(([k, v]) => `${k}=${v}`).join('; ') },
    body: form && new URLSearchParams(form),
  }), config);
  for (const line of answer.headers.getSetCookie()) {
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
    jar.set(name, value);
  }
  return answer;
}

await call('POST', '/_sandbox/integrations', {
  client_id: CLIENT_ID, client_secret: CLIENT_SECRET, redirect_uris: [`${site}/auth/callback/webex`],
});
await step('sign-in', async () => {
  const { csrfToken } = await (await browse(`${site}/auth/csrf`)).json();
  const there = await browse(`${site}/auth/signin/webex`, { csrfToken });
  const back = await person(there.headers.get('location'));
  await browse(back);
  check(seen.access_token, `no token: ${problem}`);
});
await step('people/me', async () => {
  await me(seen.access_token);
  const session = await (await browse(`${site}/auth/session`)).json();
  check(session.user.email === 'ada@example.com', JSON.stringify(session));
  check(getToken, 'no getToken');
});
process.exit();
