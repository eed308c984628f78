# Microsoft's templates for cards drop what has "$when": true and "$when": "${true}", and keep what has "$when": false: the one constant that is meant to hide an element is the only one that shows it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund adaptivecards-templating@2.3.1 adaptive-expressions@4.23.3
cat >show.cjs <<'NODE'
const { Template } = require('adaptivecards-templating');

const when = [true, '${true}', '${1 == 1}', false, '${false}', '${1 == 2}'];
const body = when.map(($when, index) => ({ type: 'TextBlock', text: `${index}`, $when }));
const card = new Template({ type: 'AdaptiveCard', version: '1.3', body }).expand({ $root: {} });
const kept = card.body.map(({ text }) => when[text]);
console.log('given, as $when of six elements:', when);
console.log('expected, by "if $when evaluates to false the element will not appear" (Adaptive Card Template Language):', when.slice(0, 3));
console.log('seen:', kept);
process.exit(JSON.stringify(kept) === JSON.stringify(['${1 == 1}', false]) ? 0 : 1);
NODE
echo "adaptivecards-templating 2.3.1, adaptive-expressions 4.23.3"
node show.cjs
