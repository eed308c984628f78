// Express 5, passport-oauth2 (PKCE and state), express-session and connect-redis, as their READMEs show them.
import { RedisStore } from "connect-redis";
import express from "express";
import session from "express-session";
import passport from "passport";
import OAuth2Strategy from "passport-oauth2";
import { createClient } from "redis";

const { PORT, REDIS_URL, WEBEX_URL, CLIENT_ID, CLIENT_SECRET, REDIRECT_URI } = process.env;

const redisClient = createClient({ url: REDIS_URL });
redisClient.on("error", (error) => console.error(error.message));
await redisClient.connect();

const webex = new OAuth2Strategy(
  {
    authorizationURL: `${WEBEX_URL}/authorize`,
    tokenURL: `${WEBEX_URL}/access_token`,
    clientID: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    callbackURL: REDIRECT_URI,
    scope: "spark:people_read",
    pkce: true,
    state: true,
  },
  (accessToken, refreshToken, profile, done) =>
    done(null, { name: profile.displayName, accessToken, refreshToken }),
);
webex.userProfile = async (accessToken, done) => {
  try {
    const answer = await fetch(`${WEBEX_URL}/people/me`, {
      headers: { Authorization: `Bearer ${accessToken}` },
    });
    done(answer.ok ? null : new Error(`people/me: ${answer.status}`), await answer.json());
  } catch (error) {
    done(error);
  }
};
passport.use("webex", webex);
passport.serializeUser((user, done) => done(null, user));
passport.deserializeUser((user, done) => done(null, user));

const escaped = (text) =>
  text.replace(/[&<>"]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[sign]);

const app = express();
app.disable("x-powered-by");
app.use(
  session({
    store: new RedisStore({ client: redisClient, prefix: "express:" }),
    resave: false,
    saveUninitialized: false,
    secret: "insecure-secret-of-the-benchmark",
    cookie: { httpOnly: true, sameSite: "lax", maxAge: 8 * 3600 * 1000 },
  }),
);
app.use(passport.session());

app.get("/", (request, response) => {
  response.send(
    request.user
      ? `<!doctype html><title>Welcome</title><h1>So happy to meet, ${escaped(request.user.name)} !</h1>`
      : '<!doctype html><title>Welcome</title><a href="/login">Start OAuth flow</a>',
  );
});
app.get("/login", passport.authenticate("webex"));
app.get("/oauth", passport.authenticate("webex", { successRedirect: "/", failureRedirect: "/failed" }));
app.get("/failed", (request, response) => response.status(401).send("The sign-in failed."));

app.listen(Number(PORT), "127.0.0.1");
