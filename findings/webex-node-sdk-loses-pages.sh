# Cisco's Node SDK sees no next page as soon as the answer links to the first one as well: it takes all that follows the first ";" for one relation. Cisco's own page on pagination lists next, first and prev.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true}' >package.json
# The SDK needs Babel's helpers and does not say so.
npm install --silent --ignore-scripts --no-audit --no-fund @webex/webex-core@3.12.0 @webex/plugin-rooms@3.12.0 @babel/runtime-corejs2@7.29.13
cat >show.cjs <<'NODE'
const { createServer } = require('node:http');

const LAST = 3;
let relations = [];
const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://localhost');
  const page = Number(searchParams.get('page') ?? 1);
  const pages = { next: page < LAST && page + 1, first: 1 };
  const links = relations.filter((relation) => pages[relation]).map((relation) => (
    `<http://${request.headers.host}/v1/rooms?page=${pages[relation]}>; rel="${relation}"`
  ));
  response.statusCode = pathname === '/v1/rooms' ? 200 : 404;
  response.setHeader('Content-Type', 'application/json;charset=UTF-8');
  if (links.length) response.setHeader('Link', links.join(', '));
  response.end(JSON.stringify({ items: [{ id: `${page}`, title: `space ${page}` }] }));
});

async function titles(webex) {
  let page = await webex.rooms.list({ max: 1 });
  const seen = page.items.map(({ title }) => title);
  while (page.hasNext()) {
    page = await page.next();
    seen.push(...page.items.map(({ title }) => title));
  }
  return seen.join(', ');
}

server.listen(0, '127.0.0.1', async () => {
  process.env.IDBROKER_BASE_URL = `http://127.0.0.1:${server.address().port}`;
  process.env.HYDRA_SERVICE_URL = `${process.env.IDBROKER_BASE_URL}/v1`;
  // The SDK asks Cisco's catalogue in the background, in vain here.
  process.on('unhandledRejection', () => {});
  const print = console.log;
  console.log = console.debug = console.trace = console.info = console.warn = console.error = () => {};
  const WebexCore = require('@webex/webex-core').default;
  require('@webex/plugin-rooms');
  const webex = new WebexCore({ credentials: { access_token: 'NDM3_PF84_1eb65fdf-9643-417f-9974-ad72cae0e10f' } });
  const seen = [];
  for (relations of [['next'], ['next', 'first'], ['first', 'next']]) {
    seen.push(await titles(webex));
    print(`seen with links to ${relations.join(' and ')}: ${seen.at(-1)}`);
  }
  process.exit(JSON.stringify(seen) === JSON.stringify(['space 1, space 2, space 3', 'space 1', 'space 1']) ? 0 : 1);
});
NODE
echo "@webex/webex-core 3.12.0, three spaces, one a page"
echo 'expected: all three, whatever else the Link header has (RFC 8288 section 3; "first, next, and previous": Webex REST API Basics)'
node show.cjs
