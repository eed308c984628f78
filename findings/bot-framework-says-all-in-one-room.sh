# webex-node-bot-framework sends one message to all of a bot's spaces into the last of them, as often as there are spaces: bot.say() writes its own space into the caller's object, and it is read only later, when it is sent.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund webex-node-bot-framework@2.3.14
cat >show.cjs <<'NODE'
const { createServer } = require('node:http');

const created = '2026-01-31T10:00:00.000Z';
const bot = { id: 'bot', emails: ['bot@webex.bot'], displayName: 'Bot', type: 'bot', created };
const rooms = ['red', 'green', 'blue'].map((id) => ({ id, title: id, type: 'group', isLocked: false, lastActivity: created, creatorId: 'ada', created }));
const memberships = rooms.map(({ id }) => ({
  id: `bot in ${id}`, roomId: id, roomType: 'group', personId: bot.id, personEmail: bot.emails[0], personDisplayName: 'Bot', created,
}));
const said = [];

function answer(path, query) {
  const [, kind, wanted] = /^\/v1\/([a-z]+)\/?(.*)$/.exec(path) ?? [];
  if (kind === 'people') return wanted === 'me' || wanted === 'bot' ? bot : { items: [bot], notFoundIds: null };
  if (kind === 'rooms') return wanted ? rooms.find(({ id }) => id === wanted) : { items: rooms };
  if (kind === 'memberships') return { items: memberships.filter(({ roomId }) => !query.has('roomId') || roomId === query.get('roomId')) };
  return { items: [] };
}

const server = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  const { pathname, searchParams } = new URL(request.url, 'http://localhost');
  const given = request.method === 'POST' ? { ...JSON.parse(body || '{}'), id: '1' } : answer(pathname, searchParams);
  if (request.method === 'POST' && pathname === '/v1/messages') said.push(given.roomId);
  response.statusCode = given ? 200 : 404;
  response.setHeader('Content-Type', 'application/json;charset=UTF-8');
  response.end(JSON.stringify(given ?? { message: 'no' }));
});

server.listen(0, '127.0.0.1', () => {
  process.env.IDBROKER_BASE_URL = `http://127.0.0.1:${server.address().port}`;
  process.env.HYDRA_SERVICE_URL = `${process.env.IDBROKER_BASE_URL}/v1`;
  process.on('unhandledRejection', () => {});
  console.error = console.warn = () => {};
  const Framework = require('webex-node-bot-framework');
  const framework = new Framework({ token: 'NDM3_PF84_1eb65fdf-9643-417f-9974-ad72cae0e10f', webhookUrl: 'http://127.0.0.1:9/hook' });
  framework.on('initialized', async () => {
    const message = { markdown: '**Down** from 10 to 11' };
    const spaces = framework.bots.map((one) => one.room.title);
    await Promise.all(framework.bots.map((one) => one.say(message)));
    console.log(`webex-node-bot-framework ${require('webex-node-bot-framework/package.json').version}`);
    console.log('expected: one message in each of', spaces);
    console.log('seen: messages in', said);
    process.exit(spaces.length === 3 && said.length === 3 && said.every((room) => room === spaces[2]) ? 0 : 1);
  });
  framework.start();
});
NODE
node show.cjs
