// What every Node program here is told, and how it reports; nothing but Node itself.
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';

export const {
  SANDBOX, CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, BOT_TOKEN, SPACE_ID, OWN_PORT,
} = process.env;
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

const words = (error) => {
  const parts = [];
  for (let e = error; e && parts.length < 3; e = e.cause) parts.push(`${e.name ?? 'Error'}: ${e.message ?? JSON.stringify(e)}`);
  return parts.join(' < ').slice(0, 600);
};

/** Run the action, and report how it went. */
export async function step(name, action) {
  let ok = true;
  let detail = '';
  let result;
  try {
    result = await within(20_000, action());
  } catch (error) {
    ok = false;
    detail = words(error);
  }
  console.log(`@step ${JSON.stringify({ name, ok, detail })}`);
  return result;
}

/** Let a person sign in and consent there; give the address that the browser is sent to. */
export async function person(url) {
  console.log(`@person ${url}`);
  const { value } = await lines.next();
  if (value.startsWith('refused')) throw new Error(value);
  return value;
}

export function check(truth, message) {
  if (!truth) throw new Error(message);
}

/** Call the sandbox without any client. */
export async function call(method, path, body, token) {
  const answer = await fetch(SANDBOX + path, {
    method,
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: body && JSON.stringify(body),
  });
  check(answer.ok, `${method} ${path}: ${answer.status} ${await answer.clone().text()}`);
  return answer.json();
}

export async function tokenOf(email) {
  const body = { email, scopes: ['spark:all', 'spark:kms'] };
  return (await call('POST', '/_sandbox/tokens', body)).access_token;
}

export async function me(token) {
  const person_ = await call('GET', '/v1/people/me', undefined, token);
  check(person_.displayName === 'Ada Lovelace', 'somebody else');
}

export const card = {
  contentType: 'application/vnd.microsoft.card.adaptive',
  content: {
    type: 'AdaptiveCard',
    version: '1.3',
    body: [{ type: 'Input.Text', id: 'name', label: 'Your name' }],
    actions: [{ type: 'Action.Submit', title: 'Send' }],
  },
};

/** A server on loopback whose handler gets the parsed body of each POST, as express gives it. */
export function receiver(handle) {
  const server = createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      request.body = JSON.parse(Buffer.concat(chunks).toString());
      response.status = (code) => { response.statusCode = code; return response; };
      response.send = (text) => response.end(text);
      response.json = (value) => response.end(JSON.stringify(value));
      handle(request, response);
    });
  });
  return new Promise((done) => server.listen(0, '127.0.0.1', () => done(`http://127.0.0.1:${server.address().port}`)));
}

export function within(milliseconds, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing within ${milliseconds / 1000} s`)), milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
