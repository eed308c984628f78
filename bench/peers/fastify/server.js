// Fastify 5, @fastify/oauth2 (PKCE and state), @fastify/session and connect-redis, as their READMEs show them.
import cookie from "@fastify/cookie";
import oauth2 from "@fastify/oauth2";
import session from "@fastify/session";
import { RedisStore } from "connect-redis";
import fastify from "fastify";
import { createClient } from "redis";

const { PORT, REDIS_URL, WEBEX_URL, CLIENT_ID, CLIENT_SECRET, REDIRECT_URI } = process.env;

const redisClient = createClient({ url: REDIS_URL });
redisClient.on("error", (error) => console.error(error.message));
await redisClient.connect();

const app = fastify();
await app.register(cookie);
await app.register(session, {
  store: new RedisStore({ client: redisClient, prefix: "fastify:" }),
  secret: "insecure-secret-of-the-benchmark",
  saveUninitialized: false,
  rolling: false,
  cookie: { httpOnly: true, sameSite: "lax", secure: false, maxAge: 8 * 3600 * 1000 },
});
await app.register(oauth2, {
  name: "webex",
  credentials: {
    client: { id: CLIENT_ID, secret: CLIENT_SECRET },
    auth: {
      authorizeHost: new URL(WEBEX_URL).origin,
      authorizePath: `${new URL(WEBEX_URL).pathname}/authorize`,
      tokenHost: new URL(WEBEX_URL).origin,
      tokenPath: `${new URL(WEBEX_URL).pathname}/access_token`,
    },
    options: { authorizationMethod: "body" },
  },
  scope: ["spark:people_read"],
  startRedirectPath: "/login",
  callbackUri: REDIRECT_URI,
  pkce: "S256",
  cookie: { secure: false, httpOnly: true, sameSite: "lax", path: "/" },
});

const escaped = (text) =>
  text.replace(/[&<>"]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[sign]);

app.get("/", (request, reply) => {
  const { user } = request.session;
  reply
    .type("text/html; charset=utf-8")
    .send(
      user
        ? `<!doctype html><title>Welcome</title><h1>So happy to meet, ${escaped(user.name)} !</h1>`
        : '<!doctype html><title>Welcome</title><a href="/login">Start OAuth flow</a>',
    );
});
app.get("/oauth", async (request, reply) => {
  const { token } = await app.webex.getAccessTokenFromAuthorizationCodeFlow(request);
  const answer = await fetch(`${WEBEX_URL}/people/me`, {
    headers: { Authorization: `Bearer ${token.access_token}` },
  });
  if (!answer.ok) throw new Error(`people/me: ${answer.status}`);
  // Who signs in gets a new session: the id from before may be somebody else's.
  await request.session.regenerate();
  const { displayName } = await answer.json();
  request.session.set("user", {
    name: displayName,
    accessToken: token.access_token,
    refreshToken: token.refresh_token,
  });
  return reply.redirect("/");
});

await app.listen({ port: Number(PORT), host: "127.0.0.1" });
