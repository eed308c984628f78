// The list of messages: each in its place by time, replies under what they reply to.
// Every message's HTML comes from our server, which escaped or cleaned all of it.

export class Timeline {
  // `draw` draws the card of a message, if it has one.
  constructor(list, { me, localTimes, actions, draw }) {
    this.list = list;
    this.me = me;
    this.localTimes = localTimes;
    this.actions = actions;
    this.draw = draw;
    for (const item of list.querySelectorAll(".message")) this.#dress(item);
  }

  // Put a message in its place, in the place of its older version if there is one.
  // Returns "new", "changed" or "known".
  // `unheard`: it was just written here, and what others said before it may not have come yet.
  put(message, { unheard = false } = {}) {
    const old = this.find(message.id);
    if (old && !unheard) delete old.dataset.unheard;
    if (old && old.dataset.changed >= message.changed) return "known";
    const item = fromHtml(message.html);
    if (!item) return "known";
    this.#dress(item);
    if (unheard && (!old || old.dataset.unheard)) item.dataset.unheard = "yes";
    if (old) {
      this.#replace(old, item);
      return "changed";
    }
    this.#adopt(item);
    this.#insert(item);
    return "new";
  }

  remove(id) {
    const item = this.find(id);
    if (!item) return;
    const replies = [...(repliesOf(item)?.children ?? [])];
    const hadFocus = item.contains(document.activeElement);
    const neighbour = item.nextElementSibling ?? item.previousElementSibling;
    item.remove();
    for (const reply of replies) this.#insert(reply);
    if (hadFocus) neighbour?.querySelector("article")?.focus();
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
    const verbs = mine ? ["reply", "edit", "delete"] : ["reply"];
    const webex = bar.querySelector("a");
    webex?.setAttribute("aria-label", `${webex.textContent}: ${excerptOf(item)}`);
    bar.replaceChildren(...verbs.map((verb) => this.#button(verb, item)), ...(webex ? [webex] : []));
    for (const reply of repliesOf(item)?.children ?? []) this.#dress(reply);
  }

  #button(verb, item) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = { reply: "Reply", edit: "Edit", delete: "Delete" }[verb];
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

function repliesOf(item) {
  return item.querySelector(":scope > .replies");
}

function fromHtml(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.querySelector(".message");
}
