# botbuilder-adapter-webex makes the text of a message from its HTML, though Webex gives the text as well: lines lose what stood between them, and signs stay as HTML writes them, so a bot hears “R&amp;Dship”.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund botbuilder-adapter-webex@1.0.10
cat >show.cjs <<'NODE'
const { createServer } = require('node:http');

const id = (kind, name) => Buffer.from(`ciscospark://us/${kind}/${name}`).toString('base64').replace(/=+$/, '');
const [bot, ada, room] = [id('PEOPLE', 'bot'), id('PEOPLE', 'ada'), id('ROOM', 'group')];
const mention = `<spark-mention data-object-type="person" data-object-id="${bot}">Bot</spark-mention>`;
const message = {
  id: id('MESSAGE', '1'), roomId: room, roomType: 'group', personId: ada, personEmail: 'ada@example.com', mentionedPeople: [bot],
  text: 'Bot notes for R&D\nship on Monday', html: `<p>${mention} notes for R&amp;D<br>ship on Monday</p>`, created: '2026-01-31T10:00:00.000Z',
};
const people = { me: { id: bot, emails: ['bot@webex.bot'], displayName: 'Bot', type: 'bot' } };

const server = createServer((request, response) => {
  const [, kind, wanted] = /^\/v1\/([a-z]+)\/?([^?]*)/.exec(request.url) ?? [];
  const given = kind === 'messages' ? message : kind === 'people' ? people[wanted] : { items: [] };
  request.resume();
  response.statusCode = given ? 200 : 404;
  response.setHeader('content-type', 'application/json;charset=UTF-8');
  response.end(JSON.stringify(given ?? { message: 'no' }));
});
server.listen(0, '127.0.0.1', async () => {
  process.env.HYDRA_SERVICE_URL = `http://127.0.0.1:${server.address().port}/v1`;
  process.env.IDBROKER_BASE_URL = `http://127.0.0.1:${server.address().port}`;
  process.on('unhandledRejection', () => {});
  console.error = console.warn = () => {};
  const { WebexAdapter } = require('botbuilder-adapter-webex');
  const adapter = new WebexAdapter({ access_token: 'NDM3_PF84_1eb65fdf-9643-417f-9974-ad72cae0e10f', public_address: 'https://bot.example' });
  await adapter.getIdentity();
  const response = { status: () => response, end: () => response };
  const webhook = { resource: 'messages', event: 'created', actorId: ada, data: { id: message.id, roomId: room } };
  await adapter.processActivity({ headers: {}, body: webhook }, response, async ({ activity }) => {
    const expected = message.text.replace('Bot ', '');
    console.log(`expected: ${JSON.stringify(expected)}, as Webex's text says after the mention`);
    console.log(`seen:     ${JSON.stringify(activity.text)}`);
    process.exit(activity.text === 'notes for R&amp;Dship on Monday' ? 0 : 1);
  });
});
NODE
echo "botbuilder-adapter-webex 1.0.10"
node show.cjs
