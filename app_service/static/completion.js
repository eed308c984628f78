// What can be completed while writing: @name by the people of the space, :name: by the list of emoji, which
// also shows as a picker. Loaded when the first of these is wanted.

const WANTED = /(?:^|[\s(])([@:])([^\s@:]{0,40}(?: [^\s@:]{0,40})?)$/u;
const WHOLE = /(?:^|[\s(]):([a-z0-9_]{1,30}):$/;
const MOST = 8;
const ROW = 8;
// The list does not scroll; in a low window it has room for fewer.
const LOW_PX = 600;
const MOST_WHEN_LOW = 5;

export class Completion {
  // `people(start)` gives {id, name} each of those who are called so, `insert(words, instead)` writes.
  constructor({ text, box, picker, button, emoji, mentions, people, insert }) {
    this.text = text;
    this.box = box;
    this.picker = picker;
    this.button = button;
    this.emoji = emoji;
    this.mentions = mentions;
    this.people = people;
    this.insert = insert;
    text.addEventListener("input", () => this.update());
    text.addEventListener("blur", () => this.#close());
    // Before the text loses the focus.
    box.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      const at = [...box.children].indexOf(event.target.closest("[role=option]"));
      if (at >= 0) this.#choose(at);
    });
    button.addEventListener("click", () => this.toggle());
    document.addEventListener("pointerdown", (event) => {
      if (!picker.contains(event.target) && !button.contains(event.target)) this.#hide();
    });
    picker.addEventListener("keydown", (event) => this.#move(event));
  }

  // Look at what stands before the cursor.
  update() {
    const { value, selectionStart, selectionEnd } = this.text;
    const before = selectionStart === selectionEnd ? value.slice(0, selectionStart) : "";
    const whole = WHOLE.exec(before);
    const known = whole && this.emoji.find(([name]) => name === whole[1]);
    if (known) {
      this.insert(known[1], whole[1].length + 2);
      return;
    }
    const wanted = WANTED.exec(before);
    this.#look(wanted);
  }

  // Of several looks the last one counts.
  async #look(wanted) {
    this.wanted = wanted;
    const options = wanted ? await this.#options(wanted[1], wanted[2]) : [];
    if (this.wanted === wanted) this.#show(options, wanted ? wanted[2].length + 1 : 0);
  }

  // Whether the key was meant for the list.
  key(event) {
    if (!this.options?.length) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) this.#point((this.at + step + this.options.length) % this.options.length);
    else if (event.key === "Enter" || event.key === "Tab") this.#choose(this.at);
    else if (event.key === "Escape") this.#close();
    else return false;
    event.preventDefault();
    return true;
  }

  toggle() {
    if (!this.picker.hidden) {
      this.#hide();
      return;
    }
    if (!this.picker.children.length) this.picker.append(...this.emoji.map((each) => this.#pick(each)));
    this.picker.hidden = false;
    this.button.setAttribute("aria-expanded", "true");
    this.picker.firstElementChild.focus();
  }

  async #options(sign, begun) {
    const start = begun.toLocaleLowerCase();
    if (sign === ":") {
      if (start.length < 2) return [];
      return this.emoji.filter(([name]) => name.startsWith(start)).slice(0, MOST)
        .map(([name, shown]) => ({ label: `${shown} ${name}`, words: () => `${shown} ` }));
    }
    const all = { label: "all: everybody here", words: () => `${this.mentions.all()} ` };
    const people = (await this.people(begun)).map(({ id, name }) =>
      ({ label: name, words: () => `${this.mentions.person(name, id)} ` }));
    return [...people, ..."all".startsWith(start) ? [all] : []];
  }

  #show(found, instead) {
    const options = innerHeight < LOW_PX ? found.slice(0, MOST_WHEN_LOW) : found;
    this.options = options;
    this.instead = instead;
    this.box.hidden = !options.length;
    this.box.replaceChildren(...options.map(({ label }, at) => {
      const item = document.createElement("li");
      item.id = `completion-${at}`;
      item.role = "option";
      item.textContent = label;
      return item;
    }));
    if (options.length) this.#point(0);
    else this.text.removeAttribute("aria-activedescendant");
  }

  #point(at) {
    this.at = at;
    for (const [number, item] of [...this.box.children].entries()) {
      item.setAttribute("aria-selected", String(number === at));
    }
    this.box.children[at].scrollIntoView({ block: "nearest" });
    this.text.setAttribute("aria-activedescendant", this.box.children[at].id);
  }

  #choose(at) {
    const { words } = this.options[at];
    const { instead } = this;
    this.#close();
    this.insert(words(), instead);
  }

  #close() {
    this.wanted = null;
    this.#show([], 0);
  }

  #pick([name, shown]) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = shown;
    button.title = name;
    button.setAttribute("aria-label", name.replaceAll("_", " "));
    // One stop for the Tab key; the arrows do the rest.
    button.tabIndex = this.emoji[0][0] === name ? 0 : -1;
    button.addEventListener("click", () => {
      this.#hide();
      this.insert(shown);
    });
    return button;
  }

  #hide() {
    this.picker.hidden = true;
    this.button.setAttribute("aria-expanded", "false");
  }

  #move(event) {
    if (event.key === "Escape") {
      this.#hide();
      this.button.focus();
      return;
    }
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: ROW, ArrowUp: -ROW }[event.key];
    const buttons = [...this.picker.children];
    const next = buttons[buttons.indexOf(document.activeElement) + step];
    if (!step || !next) return;
    event.preventDefault();
    document.activeElement.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }
}
