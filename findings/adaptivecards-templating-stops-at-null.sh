# Microsoft's templates for cards end in a TypeError at a null inside a text: "Hello ${name}" makes no card when name is null, and a fine one when there is no name.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund adaptivecards-templating@2.3.1 adaptive-expressions@4.23.3
cat >show.cjs <<'NODE'
const { Template } = require('adaptivecards-templating');

function made(text, data) {
  try {
    return new Template({ type: 'TextBlock', text }).expand({ $root: data }).text;
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
}

const tries = [['Hello ${name}', {}], ['${name}', { name: null }], ['Hello ${name}', { name: null }], ['Hello ${a.b}', { a: { b: null } }]];
const seen = tries.map(([text, data]) => [text, JSON.stringify(data), made(text, data)]);
console.log('expected: "Graceful null handling ensures you won\'t get exceptions if you access a null property" (Adaptive Card Template Language)');
console.log('seen:', seen);
const ended = seen.map(([, , text]) => String(text).startsWith('TypeError'));
process.exit(ended.join() === 'false,false,true,true' ? 0 : 1);
NODE
echo "adaptivecards-templating 2.3.1, adaptive-expressions 4.23.3"
node show.cjs
