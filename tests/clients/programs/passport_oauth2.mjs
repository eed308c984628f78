// passport-oauth2's strategy, driven as passport itself drives it.
import Strategy from 'passport-oauth2';
import { CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, SANDBOX, check, me, person, step } from './told.mjs';

const session = {};
let tokens;
const strategy = new Strategy({
  authorizationURL: `${SANDBOX}/v1/authorize`, tokenURL: `${SANDBOX}/v1/access_token`,
  clientID: CLIENT_ID, clientSecret: CLIENT_SECRET, callbackURL: REDIRECT_URI, scope: ['spark:people_read'], state: true, pkce: true,
}, (accessToken, refreshToken, parameters, profile, done) => { tokens = { accessToken, refreshToken }; done(null, { id: 1 }); });

const authenticate = (query) => new Promise((done, fail) => {
  const run = Object.create(strategy);
  Object.assign(run, { redirect: done, success: done, fail: (why) => fail(new Error(JSON.stringify(why))), error: fail });
  run.authenticate({ query, session }, {});
});

await step('sign-in', async () => {
  const back = await person(await authenticate({}));
  await authenticate(Object.fromEntries(new URL(back).searchParams));
});
await step('people/me', async () => { check(tokens, 'no token'); await me(tokens.accessToken); });
await step('refresh', async () => {
  const again = await new Promise((done, fail) => {
    strategy._oauth2.getOAuthAccessToken(tokens.refreshToken, { grant_type: 'refresh_token' },
      (error, access) => (error ? fail(new Error(JSON.stringify(error))) : done(access)));
  });
  await me(again);
});
process.exit();
