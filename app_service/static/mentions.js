// Mentions as a person reads them while writing, @Grace Hopper, and as Webex takes them,
// <@personId:…|Grace Hopper> (developer.webex.com, "Formatting Messages").

const PERSON = /<@personId:([^>|\n]+)\|([^>\n]+)>/g;
const ALL = /<@all(?:\|[^>\n]*)?>/g;

export class Mentions {
  constructor() {
    // What stands in the text, and what it means.
    this.known = new Map();
  }

  // Keep whom a name means; what comes back stands for it in the text. Two may have the same name.
  add(name, markup) {
    let words = `@${name}`;
    for (let number = 2; this.known.has(words) && this.known.get(words) !== markup; number += 1) {
      words = `@${name} (${number})`;
    }
    this.known.set(words, markup);
    return words;
  }

  person(name, id) {
    const label = name.replace(/[<>|\n]/g, " ").trim();
    return this.add(label, `<@personId:${id}|${label}>`);
  }

  all() {
    return this.add("all", "<@all>");
  }

  toMarkdown(text) {
    if (!this.known.size) return text;
    const longestFirst = [...this.known.keys()].sort((one, other) => other.length - one.length);
    const words = longestFirst.map((each) => each.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|");
    return text.replace(new RegExp(`(?:${words})(?![\\p{L}\\p{N}_])`, "gu"), (found) => this.known.get(found));
  }

  toText(markdown) {
    return markdown
      .replace(PERSON, (_, id, name) => this.person(name, id))
      .replace(ALL, () => this.all());
  }
}
