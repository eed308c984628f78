# webex-node-bot-framework never hears the first message of a new direct space when it arrives while the bot is still "spawning" there: it is dropped, not queued.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund webex-node-bot-framework@2.3.14
cat >show.cjs <<'NODE'
const { createServer } = require('node:http');

const id = (kind, name) => Buffer.from(`ciscospark://us/${kind}/${name}`).toString('base64').replace(/=+$/, '');
const created = new Date().toISOString();
const [botId, adaId, roomId] = [id('PEOPLE', 'bot'), id('PEOPLE', 'ada'), id('ROOM', 'direct')];
const people = {
  [botId]: { id: botId, emails: ['bot@webex.bot'], displayName: 'Bot', type: 'bot', created },
  [adaId]: { id: adaId, emails: ['ada@example.com'], displayName: 'Ada', type: 'person', created },
};
const membership = (person) => ({
  id: id('MEMBERSHIP', person.displayName), roomId, roomType: 'direct', personId: person.id, personEmail: person.emails[0],
  personDisplayName: person.displayName, personOrgId: 'org', isModerator: false, isMonitor: false, created,
});
const room = { id: roomId, title: 'Ada', type: 'direct', isLocked: false, lastActivity: created, creatorId: adaId, created };
const message = (name, text) => ({ id: id('MESSAGE', name), roomId, roomType: 'direct', text, personId: adaId, personEmail: 'ada@example.com', created });
const messages = [message('1', 'hello one'), message('2', 'hello two')];
let isThere = false;

function answer(path, query) {
  const [, kind, wanted] = /^\/v1\/([a-z]+)\/?(.*)$/.exec(path) ?? [];
  if (kind === 'people') {
    if (wanted === 'me') return people[botId];
    if (wanted) return people[wanted];
    return { items: (query.get('id') ?? '').split(',').map((one) => people[one]).filter(Boolean), notFoundIds: null };
  }
  if (kind === 'rooms') return wanted ? room : { items: isThere ? [room] : [] };
  if (kind === 'memberships') {
    const both = Object.values(people).map(membership);
    return wanted ? both.find((one) => one.id === wanted) : { items: isThere ? both : [] };
  }
  if (kind === 'messages') return messages.find((one) => one.id === wanted);
  if (kind === 'webhooks') return { id: id('WEBHOOK', '1'), items: [], name: framework.webhook?.name };
  return { items: [] };
}

const server = createServer((request, response) => {
  let body = '';
  request.on('data', (chunk) => { body += chunk; });
  request.on('end', () => {
    const url = new URL(request.url, 'http://localhost');
    const given = request.method === 'POST' ? { ...JSON.parse(body || '{}'), id: id('WEBHOOK', '1') } : answer(url.pathname, url.searchParams);
    response.statusCode = given ? 200 : 404;
    response.setHeader('content-type', 'application/json;charset=UTF-8');
    response.end(JSON.stringify(given ?? { message: 'no' }));
  });
});
let framework;

server.listen(0, '127.0.0.1', () => {
  process.env.HYDRA_SERVICE_URL = `http://127.0.0.1:${server.address().port}/v1`;
  process.env.IDBROKER_BASE_URL = `http://127.0.0.1:${server.address().port}`;
  process.on('unhandledRejection', () => {});
  console.error = console.warn = () => {};
  const Framework = require('webex-node-bot-framework');
  framework = new Framework({ token: 'NDM3_PF84_1eb65fdf-9643-417f-9974-ad72cae0e10f', webhookUrl: 'http://127.0.0.1:9/hook' });
  const handle = require('webex-node-bot-framework/webhook')(framework);
  const response = { status: () => response, send: () => response };
  const deliver = (resource, data) => handle({ headers: {}, body: { name: framework.webhook.name, resource, event: 'created', actorId: adaId, data } }, response);
  const heard = [];
  framework.hears(/hello/, (bot, trigger) => { heard.push(trigger.text); });
  framework.on('initialized', async () => {
    const spawned = new Promise((done) => { framework.on('spawn', done); });
    isThere = true;
    // A person opens the space by writing: both events are of one moment.
    deliver('memberships', membership(people[botId]));
    deliver('messages', messages[0]);
    await spawned;
    await deliver('messages', messages[1]);
    setTimeout(() => {
      console.log(`webex-node-bot-framework ${require('webex-node-bot-framework/package.json').version}`);
      console.log('expected: hears() gets "hello one" and "hello two"');
      console.log(`seen: ${JSON.stringify(heard)}`);
      process.exit(JSON.stringify(heard) === '["hello two"]' ? 0 : 1);
    }, 3000);
  });
  framework.start();
});
NODE
node show.cjs
