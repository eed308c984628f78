# Microsoft's templates for cards take the hyphen of a name for a minus: ${submitter.e-mail}, the example with which Microsoft announced them, makes people read ${(submitter.e - mail)}. Alone in a text it ends in an error.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund adaptivecards-templating@2.3.1 adaptive-expressions@4.23.3
cat >show.cjs <<'NODE'
const { Template } = require('adaptivecards-templating');

const $root = { submitter: { name: 'Ada Lovelace', 'e-mail': 'ada@example.com' } };
function made(text) {
  try {
    return new Template({ type: 'TextBlock', text }).expand({ $root }).text;
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
}

const texts = ['**${submitter.name}**  ${submitter.e-mail}', '${submitter.e-mail}', "${submitter['e-mail']}"];
const seen = texts.map(made);
console.log('given:', texts);
console.log('expected of the first, by adaptivecards.io/blog/2020/Templating-RC: **Ada Lovelace**  ada@example.com');
console.log('seen:', seen);
const known = ['**Ada Lovelace**  ${(submitter.e - mail)}', 'Error: submitter.e is not a number.', 'ada@example.com'];
process.exit(JSON.stringify(seen) === JSON.stringify(known) ? 0 : 1);
NODE
echo "adaptivecards-templating 2.3.1, adaptive-expressions 4.23.3"
node show.cjs
