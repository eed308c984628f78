// openid-client 5 by discovery, with one of its two ways to say who the client is.
import { Issuer, generators } from 'openid-client';
import { CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, SANDBOX, check, me, person, step } from './told.mjs';

const [, , method] = process.argv;
let client;
let tokens;
await step('sign-in', async () => {
  const webex = await Issuer.discover(`${SANDBOX}/v1/.well-known/openid-configuration`);
  client = new webex.Client({
    client_id: CLIENT_ID, client_secret: CLIENT_SECRET, redirect_uris: [REDIRECT_URI],
    response_types: ['code'], token_endpoint_auth_method: method,
  });
  const checks = { nonce: generators.nonce(), state: generators.state(), code_verifier: generators.codeVerifier() };
  const url = client.authorizationUrl({
    scope: 'openid email profile spark:people_read', nonce: checks.nonce, state: checks.state,
    code_challenge: generators.codeChallenge(checks.code_verifier), code_challenge_method: 'S256',
  });
  const back = await person(url);
  tokens = await client.callback(REDIRECT_URI, client.callbackParams(back), checks);
  check(tokens.claims().sub, 'no sub');
});
await step('people/me', async () => {
  check((await client.userinfo(tokens)).email === 'ada@example.com', 'somebody else');
  await me(tokens.access_token);
});
await step('refresh', async () => { tokens = await client.refresh(tokens.refresh_token); await me(tokens.access_token); });
process.exit();
