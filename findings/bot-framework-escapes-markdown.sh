# webex-node-bot-framework spoils Markdown that it is told to send as Markdown: bot.say('markdown', …) writes every < and > as an entity. A quote is a quote no more, an address in <…> no link, and in code people read a &lt; b.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund webex-node-bot-framework@2.3.14 commonmark@0.31.2
cat >show.cjs <<'NODE'
const { createServer } = require('node:http');
const { HtmlRenderer, Parser } = require('commonmark');

const created = '2026-01-31T10:00:00.000Z';
const bot = { id: 'bot', emails: ['bot@webex.bot'], displayName: 'Bot', type: 'bot', created };
const room = { id: 'room', title: 'Space', type: 'group', isLocked: false, lastActivity: created, creatorId: 'ada', created };
const membership = { id: 'in', roomId: room.id, roomType: 'group', personId: bot.id, personEmail: bot.emails[0], personDisplayName: 'Bot', created };
const sent = [];

function answer(path) {
  const [, kind, wanted] = /^\/v1\/([a-z]+)\/?(.*)$/.exec(path) ?? [];
  if (kind === 'people') return wanted ? bot : { items: [bot], notFoundIds: null };
  if (kind === 'rooms') return wanted ? room : { items: [room] };
  if (kind === 'memberships') return { items: [membership] };
  return { items: [] };
}

const server = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  const { pathname } = new URL(request.url, 'http://localhost');
  const given = request.method === 'POST' ? { ...JSON.parse(body || '{}'), id: '1' } : answer(pathname);
  if (request.method === 'POST' && pathname === '/v1/messages') sent.push(given.markdown);
  response.setHeader('Content-Type', 'application/json;charset=UTF-8');
  response.end(JSON.stringify(given));
});

server.listen(0, '127.0.0.1', () => {
  process.env.IDBROKER_BASE_URL = `http://127.0.0.1:${server.address().port}`;
  process.env.HYDRA_SERVICE_URL = `${process.env.IDBROKER_BASE_URL}/v1`;
  process.on('unhandledRejection', () => {});
  console.error = console.warn = () => {};
  const Framework = require('webex-node-bot-framework');
  const framework = new Framework({ token: 'NDM3_PF84_1eb65fdf-9643-417f-9974-ad72cae0e10f', webhookUrl: 'http://127.0.0.1:9/hook' });
  const html = (markdown) => new HtmlRenderer().render(new Parser().parse(markdown)).trim();
  framework.on('initialized', async () => {
    const texts = ['> quoted', '<https://example.com/>', '`a < b`'];
    for (const text of texts) await framework.bots[0].say('markdown', text);
    console.log(`webex-node-bot-framework ${require('webex-node-bot-framework/package.json').version}, bot.say('markdown', …), as CommonMark draws it; Webex lists block quotes and code (Formatting Messages)`);
    texts.forEach((text, index) => {
      console.log(`given ${text}\n  expected: ${html(text)}\n  seen: ${html(sent[index])}, from ${sent[index]}`);
    });
    process.exit(JSON.stringify(sent) === JSON.stringify(['&gt; quoted', '&lt;https://example.com/&gt;', '`a &lt; b`']) ? 0 : 1);
  });
  framework.start();
});
NODE
node show.cjs
