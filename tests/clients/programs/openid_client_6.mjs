// openid-client 6 by discovery, with one of its two ways to say who the client is.
import * as client from 'openid-client';
import { CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, SANDBOX, check, me, person, step } from './told.mjs';

const way = { client_secret_basic: client.ClientSecretBasic, client_secret_post: client.ClientSecretPost }[process.argv[2]];
let config;
let tokens;
await step('sign-in', async () => {
  config = await client.discovery(
    new URL(`${SANDBOX}/v1/.well-known/openid-configuration`), CLIENT_ID, CLIENT_SECRET, way(CLIENT_SECRET),
    { execute: [client.allowInsecureRequests] },
  );
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const [expectedState, expectedNonce] = [client.randomState(), client.randomNonce()];
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: REDIRECT_URI, scope: 'openid email profile spark:people_read', state: expectedState,
    nonce: expectedNonce, code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier), code_challenge_method: 'S256',
  });
  const back = new URL(await person(url.href));
  tokens = await client.authorizationCodeGrant(config, back, { pkceCodeVerifier, expectedState, expectedNonce });
});
await step('people/me', async () => {
  const userinfo = await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);
  check(userinfo.email === 'ada@example.com', 'somebody else');
});
await step('refresh', async () => { tokens = await client.refreshTokenGrant(config, tokens.refresh_token); await me(tokens.access_token); });
if (config?.serverMetadata().revocation_endpoint) {
  await step('revoke', () => client.tokenRevocation(config, tokens.refresh_token));
}
process.exit();
