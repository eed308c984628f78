// The list of messages: each in its place by time, replies under what they reply to.
// Every message's HTML comes from our server, which escaped or cleaned all of it.

// One person's messages within so long stand together.
const TOGETHER_MS = 5 * 60_000;
// A longer thread shows its newest replies, and the others when they are asked for.
const OPEN_REPLIES = 3;

export class Timeline {
  // `draw` draws the card of a message, if it has one; `dayOf` names the day of an instant.
  // In a frame our own addresses begin with `prefix`; a message's HTML is the same for all.
  constructor(list, { me, prefix, localTimes, dayOf, actions, draw }) {
    this.list = list;
    this.prefix = prefix;
    this.me = me;
    this.localTimes = localTimes;
    this.dayOf = dayOf;
    this.actions = actions;
    this.draw = draw;
    for (const item of list.querySelectorAll(".message")) this.#dress(item);
    this.#arrange();
  }

  // Put a message in its place, in the place of its older version if there is one.
  // Returns "new", "changed" or "known".
  // `unheard`: it was just written here, and what others said before it may not have come yet.
  put(message, { unheard = false } = {}) {
    const old = this.find(message.id);
    if (old && !unheard) delete old.dataset.unheard;
    if (old && old.dataset.changed >= message.changed) return "known";
    const item = fromHtml(message.html, this.prefix);
    if (!item) return "known";
    this.#dress(item);
    if (unheard && (!old || old.dataset.unheard)) item.dataset.unheard = "yes";
    if (old) this.#replace(old, item);
    else {
      this.#adopt(item);
      this.#insert(item);
    }
    this.#arrange();
    return old ? "changed" : "new";
  }

  remove(id) {
    const item = this.find(id);
    if (!item) return;
    const replies = [...(repliesOf(item)?.children ?? [])];
    const hadFocus = item.contains(document.activeElement);
    const neighbour = item.nextElementSibling ?? item.previousElementSibling;
    item.remove();
    for (const reply of replies) this.#insert(reply);
    this.#arrange();
    if (hadFocus) neighbour?.querySelector("article")?.focus();
  }

  // Draw a line before the first message that was not seen, or none.
  markUnseen(item) {
    this.list.querySelector(".unseen")?.remove();
    if (!item) return;
    const line = document.createElement("p");
    line.className = "unseen";
    line.textContent = "New";
    item.prepend(line);
  }

  // Unfold what a message is folded into.
  reveal(item) {
    const thread = item.parentElement.closest(".message");
    if (!thread) return;
    thread.dataset.unfolded = "yes";
    this.#fold(thread);
  }

  // Drop what is not there any more; if everything at hand is older than the window, begin anew.
  // Of the instant `oldest` itself there may be more messages than the window holds.
  keepOnly(ids, oldest) {
    const there = new Set(ids);
    const items = this.#all();
    // What nobody has told of yet is no overlap: it proves nothing about what was said before it.
    const overlaps = (item) => there.has(item.dataset.id) && !item.dataset.unheard;
    const disjoint = ids.length > 0 && !items.some(overlaps);
    for (const item of items) {
      const inWindow = oldest === null || item.dataset.created > oldest;
      if ((disjoint || inWindow) && !there.has(item.dataset.id)) this.remove(item.dataset.id);
    }
    return disjoint;
  }

  clear() {
    this.list.replaceChildren();
  }

  find(id) {
    return this.list.querySelector(`.message[data-id="${CSS.escape(id)}"]`);
  }

  // The id of the first message at hand, if there is one.
  get oldest() {
    return this.list.firstElementChild?.dataset.id ?? null;
  }

  // The newest of one's own messages that can be changed.
  get lastOfMine() {
    const mine = [...this.list.querySelectorAll(".message.mine")].filter((item) => canBeChanged(item));
    return mine.reduce((last, item) => (last && last.dataset.created > item.dataset.created ? last : item), null);
  }

  // The ids of one's own messages at hand.
  get mine() {
    return new Set([...this.list.querySelectorAll(".message.mine")].map((item) => item.dataset.id));
  }

  #all() {
    return [...this.list.querySelectorAll(".message")];
  }

  #replace(old, item) {
    const hadFocus = old.contains(document.activeElement);
    const replies = repliesOf(old);
    const unseen = old.querySelector(":scope > .unseen");
    if (unseen) item.prepend(unseen);
    if (old.dataset.unfolded) item.dataset.unfolded = "yes";
    if (replies) repliesOf(item)?.replaceWith(replies);
    old.replaceWith(item);
    if (hadFocus) item.querySelector("article").focus();
  }

  #insert(item) {
    const parent = item.dataset.parent ? this.find(item.dataset.parent) : null;
    const list = (parent && repliesOf(parent)) ?? this.list;
    // Nearly always the newest: look from the end.
    let before = null;
    for (let next = list.lastElementChild; next; next = next.previousElementSibling) {
      if (next.dataset.created <= item.dataset.created) break;
      before = next;
    }
    list.insertBefore(item, before);
  }

  // Replies that were there before what they reply to.
  #adopt(item) {
    const id = CSS.escape(item.dataset.id);
    const orphans = this.list.querySelectorAll(`:scope > .message[data-parent="${id}"]`);
    repliesOf(item)?.append(...orphans);
  }

  // Days, and who goes on: what depends on the neighbours.
  #arrange() {
    let day = null;
    for (const item of this.list.children) {
      const its = this.dayOf(item.dataset.created);
      this.#head(item, its === day ? null : its);
      day = its;
      this.#fold(item);
    }
    for (const list of [this.list, ...this.list.querySelectorAll(".replies")]) {
      for (const item of list.children) item.classList.toggle("goes-on", goesOn(item));
    }
  }

  #head(item, day) {
    const there = item.querySelector(":scope > .day");
    if (there?.textContent === (day ?? undefined)) return;
    there?.remove();
    if (!day) return;
    const line = document.createElement("p");
    line.className = "day";
    line.textContent = day;
    item.prepend(line);
  }

  #fold(item) {
    const replies = [...(repliesOf(item)?.children ?? [])];
    const folded = item.dataset.unfolded ? 0 : Math.max(0, replies.length - OPEN_REPLIES);
    for (const [at, reply] of replies.entries()) reply.hidden = at < folded;
    const there = item.querySelector(":scope > .fold");
    if (!folded) there?.remove();
    if (!folded) return;
    const button = there ?? document.createElement("button");
    button.type = "button";
    button.className = "fold";
    button.textContent = folded === 1 ? "1 earlier reply" : `${folded} earlier replies`;
    button.onclick = () => {
      item.dataset.unfolded = "yes";
      this.#fold(item);
      replies[0].querySelector("article").focus();
    };
    if (!there) item.insertBefore(button, repliesOf(item));
  }

  #dress(item) {
    this.localTimes(item);
    const mine = item.dataset.person === this.me;
    item.classList.toggle("mine", mine);
    for (const mention of item.querySelectorAll("spark-mention")) {
      const forMe = mention.dataset.objectId === this.me || mention.dataset.groupType === "all";
      mention.classList.toggle("me", forMe);
    }
    this.draw(item);
    const bar = item.querySelector(":scope > article .actions");
    const verbs = ["reply", ...(mine && canBeChanged(item) ? ["edit"] : []), ...(mine ? ["delete"] : []), "link"];
    const webex = bar.querySelector("a");
    webex?.setAttribute("aria-label", `${webex.textContent}: ${excerptOf(item)}`);
    bar.replaceChildren(...verbs.map((verb) => this.#button(verb, item)), ...(webex ? [webex] : []));
    for (const reply of repliesOf(item)?.children ?? []) this.#dress(reply);
  }

  #button(verb, item) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = { reply: "Reply", link: "Copy link", edit: "Edit", delete: "Delete" }[verb];
    button.setAttribute("aria-label", `${button.textContent}: ${excerptOf(item)}`);
    button.addEventListener("click", () => this.actions[verb](item));
    return button;
  }
}

export function excerptOf(item, length = 60) {
  const by = item.querySelector(".by bdi")?.textContent ?? "";
  const said = item.querySelector(":scope > article .body, :scope > article .files")?.textContent ?? "";
  const text = said.replace(/\s+/g, " ").trim();
  return `${by}: ${text.length > length ? `${text.slice(0, length)}…` : text}`;
}

// Whether a message goes on where the same person has just said something.
function goesOn(item) {
  const before = item.previousElementSibling;
  return before !== null && before.dataset.person === item.dataset.person && !before.hidden
    && !item.querySelector(":scope > :is(.day, .unseen), :scope > article .edited")
    && !repliesOf(before)?.children.length
    && new Date(item.dataset.created) - new Date(before.dataset.created) < TOGETHER_MS;
}

// Webex changes no message with a file or a card.
function canBeChanged(item) {
  return !item.querySelector(":scope > article :is(.files, .message-card)");
}

function repliesOf(item) {
  return item.querySelector(":scope > .replies");
}

function fromHtml(html, prefix) {
  const template = document.createElement("template");
  template.innerHTML = html;
  if (prefix) {
    for (const name of ["href", "src"]) {
      for (const each of template.content.querySelectorAll(`[${name}^="/"]`)) {
        each.setAttribute(name, prefix + each.getAttribute(name));
      }
    }
  }
  return template.content.querySelector(".message");
}
