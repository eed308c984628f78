// The space, live: wires the list of messages, the stream of events and the composer.

const root = document.getElementById("widget");
const load = (name) => import(root.dataset[name]);
const [
  { localTimes, dayOf }, { Timeline, excerptOf }, { Stream }, { ask, upload }, { Mentions }, { Attachments }, { Composer },
  { Older }, { watchTabs },
] = await Promise.all(
  ["times", "timeline", "stream", "ask", "mentions", "attachments", "composer", "older", "tabs"].map(load),
);

const byId = (id) => document.getElementById(id);
const scroll = byId("scroll");
const connection = byId("connection");
const unreadButton = byId("unread");
const { page, api, prefix = "" } = root.dataset; // the last in a frame only
const title = document.title;
const NEAR_PX = 80;
let unread = 0;
// Whether the reader is at the newest and stays there, and where they were when that was last asked.
let following = true;
let lastTop = 0;
let webexAnswers = true;
let connected = false;
let rare = false;

localTimes(document);

// Most spaces have no card: what draws one comes with the first.
let cards;
async function draw(item) {
  if (!item.querySelector(":scope > article .message-card[data-card]")) return;
  cards ??= load("cards").then(({ Cards }) => new Cards({
    prefix,
    library: root.dataset.cardsLibrary,
    style: root.dataset.cardsStyle,
    submit: (id, inputs) =>
      ask("POST", `${api}/messages/${encodeURIComponent(id)}/actions`, { inputs, writer: root.dataset.me }),
  }));
  await (await cards).draw(item);
}

const timeline = new Timeline(byId("messages"), {
  me: root.dataset.me,
  prefix,
  localTimes,
  dayOf,
  draw,
  actions: {
    async link(item) {
      const address = new URL(`${page}?message=${encodeURIComponent(item.dataset.id)}#${item.id}`, location);
      await navigator.clipboard.writeText(address).then(() => say("Link copied."), () => prompt("Link", address));
    },
    reply(item) {
      composer.reply(item.dataset.parent ?? item.dataset.id, excerptOf(item));
    },
    async edit(item) {
      await withNotice(async () => {
        const { markdown } = await composer.until(ask("GET", `${api}/messages/${encodeURIComponent(item.dataset.id)}`));
        composer.edit(item.dataset.id, markdown, excerptOf(item));
      });
    },
    async delete(item) {
      if (!confirm(`Delete this message for everybody?\n\n${excerptOf(item, 200)}`)) return;
      await withNotice(async () => {
        await ask("DELETE", `${api}/messages/${encodeURIComponent(item.dataset.id)}`);
        timeline.remove(item.dataset.id);
        say("Message deleted.");
      });
    },
  },
});

const form = byId("composer");
const mentions = new Mentions();

const attachments = new Attachments(form, {
  upload: (file, options) => upload(`${api}/files`, file, options),
  place: document.querySelector(".conversation"),
  mostBytes: Number(root.dataset.mostFileBytes),
  refused: (text) => { byId("send-error").textContent = text; },
});

const composer = new Composer(form, {
  api,
  ask,
  mentions,
  attachments,
  mostBytes: Number(root.dataset.mostBytes),
  written(message) {
    timeline.put(message, { unheard: true });
    timeline.markUnseen(null);
    noLongerEmpty();
    toEnd();
  },
  begin() {
    const before = timeline.mine;
    return (markdown) => isThere(markdown, before);
  },
  over: (failure) => stream.stop(failure),
  last() {
    const item = timeline.lastOfMine;
    if (item) timeline.actions.edit(item);
  },
});

// What completes is loaded with the first sign of its being wanted.
let completing;
function complete() {
  completing ??= Promise.all(["completion", "emoji"].map(load)).then(([{ Completion }, { EMOJI }]) => {
    composer.completion = new Completion({
      text: form.elements.markdown,
      box: byId("completion"),
      picker: byId("picker"),
      button: byId("emoji"),
      emoji: EMOJI,
      mentions,
      people: (start) => ask("GET", `${api}/people?name=${encodeURIComponent(start)}`)
        .then(({ items }) => items, () => []),
      insert: (words, instead) => composer.insert(words, instead),
    });
    return composer.completion;
  });
  return completing;
}
form.elements.markdown.addEventListener("input", ({ target }) => {
  if (!completing && /[@:]/.test(target.value)) complete().then((completion) => completion.update());
});
byId("emoji").addEventListener("click", () => {
  if (!completing) complete().then((completion) => completion.toggle());
});

const LOOK_MS = 10_000;

// Whether Webex has a message of one's own with this text that was not there before.
async function isThere(markdown, before) {
  try {
    const { items } = await ask("GET", `${api}/messages`, undefined, LOOK_MS);
    for (const message of items) timeline.put(message, { unheard: true });
    for (const id of timeline.mine) {
      if (before.has(id)) continue;
      const found = await ask("GET", `${api}/messages/${encodeURIComponent(id)}`, undefined, LOOK_MS);
      if (found.markdown.trim() === markdown.trim()) return true;
    }
  } catch {
    // Then nobody knows, and the person has been told so.
  }
  return false;
}

const stream = new Stream(`${api}/events`, {
  since: root.dataset.since,
  heard: {
    message(message) {
      const atEnd = follows();
      const what = timeline.put(message);
      noLongerEmpty();
      if (what !== "new") return;
      const item = timeline.find(message.id);
      if (item.classList.contains("mine")) return;
      say(excerptOf(item, 200));
      if (atEnd && !document.hidden) toEnd();
      else {
        if (!unread) timeline.markUnseen(item);
        countUnread(unread + 1);
      }
    },
    gone: ({ id }) => timeline.remove(id),
    window({ ids, oldest }) {
      // Everything at hand was too old: between that and the window messages may be missing.
      if (timeline.keepOnly(ids, oldest)) older.setMore(oldest !== null);
    },
    people({ count, html }) {
      byId("people-count").textContent = count;
      byId("people").innerHTML = html;
    },
    state(data) {
      webexAnswers = data.webexAnswers;
      showConnection();
    },
    ended: ({ reason, to }) => (reason === "moved" ? stream.stop({ code: reason, to }) : stream.ended(reason)),
  },
  state(name, problem) {
    connected = name === "open" || name === "rare";
    rare = name === "rare";
    if (connected) {
      webexAnswers = true;
      composer.connected();
    }
    if (name === "over") showOver(problem);
    else showConnection();
  },
});

function showConnection() {
  const state = !connected ? "lost" : !webexAnswers ? "waiting" : rare ? "rare" : "live";
  connection.dataset.state = state;
  connection.textContent = {
    live: "Live",
    lost: "Reconnecting…",
    waiting: "Webex does not answer. Trying again…",
    rare: "You have this space open very often. News come here every 30 seconds.",
  }[state];
}

const ENDINGS = {
  401: ["You are signed out.", "Sign in again", prefix ? page : `/login?next=${encodeURIComponent(page)}`],
  somebody_else: ["Somebody else has signed in in this browser.", "Continue under that name", page],
  too_many: ["This space is open in too many tabs.", "Continue here", page],
};

function movedTo(to) {
  const text = "Webex has moved this space to another region.";
  if (to) return [text, "Go on there", prefix + to];
  return prefix ? [text, "What can be done", page] : [text, "Your spaces", "/spaces"];
}

function showOver(problem) {
  const ending = ENDINGS[problem.code] ?? ENDINGS[problem.status];
  const [text, label, href] = problem.code === "moved" ? movedTo(problem.to) : ending ?? [`${problem.title ?? "The space has closed"}.`, "What can be done", page];
  connection.dataset.state = "over";
  connection.textContent = `${text} `;
  const link = document.createElement("a");
  link.href = href;
  link.textContent = label;
  connection.append(link);
  composer.close(text);
  // Whoever may not read the space any more does not keep it on the screen; and nobody would tell this
  // page of a sign-out to come.
  timeline.clear();
  byId("people").replaceChildren();
  older.setMore(false);
  say("");
  countUnread(0);
}

function isAtEnd() {
  return scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < NEAR_PX;
}

// Only who has gone up has left the end: what grows below it takes nobody away.
function follows() {
  following = isAtEnd() || (following && scroll.scrollTop >= lastTop);
  lastTop = scroll.scrollTop;
  return following;
}

function toEnd() {
  following = true;
  scroll.scrollTop = scroll.scrollHeight;
  countUnread(0);
}

function countUnread(count) {
  unread = count;
  document.title = count ? `(${count}) ${title}` : title;
  showWayDown();
}

function showWayDown() {
  const away = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight;
  unreadButton.parentElement.hidden = unread === 0 && away < scroll.clientHeight;
  unreadButton.textContent =
    unread === 0 ? "Newest ↓" : unread === 1 ? "1 new message ↓" : `${unread} new messages ↓`;
}

// What is added is read out, the newest also when several come at once.
const HEARD = 5;
function say(text) {
  const news = byId("news");
  if (!text) news.replaceChildren();
  else {
    const line = document.createElement("p");
    line.textContent = text;
    news.append(line);
    while (news.children.length > HEARD) news.firstElementChild.remove();
  }
}

function noLongerEmpty() {
  byId("empty")?.remove();
}

async function withNotice(action) {
  try {
    await action();
  } catch (failure) {
    byId("send-error").textContent = failure.message;
    if (failure.status === 401) stream.stop({ status: 401 });
  }
}

unreadButton.addEventListener("click", () => {
  toEnd();
  scroll.focus();
});
scroll.addEventListener("scroll", () => {
  if (unread && !document.hidden && isAtEnd()) countUnread(0);
  else showWayDown();
}, { passive: true });
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && unread && isAtEnd()) countUnread(0);
});

const older = new Older(byId("older"), {
  page,
  scroll,
  oldest: () => timeline.oldest,
  read: (before) => ask("GET", `${api}/messages?before=${encodeURIComponent(before)}`),
  add: (messages) => messages.forEach((message) => timeline.put(message)),
  failed(failure) {
    if (failure.status === 401) stream.stop({ status: 401 });
  },
});

// Whoever reads the newest stays there when the window, the composer or a message (its card) changes its height.
scroll.addEventListener("scroll", follows, { passive: true });
const heights = new ResizeObserver(() => {
  if (follows()) scroll.scrollTop = scroll.scrollHeight;
});
heights.observe(scroll);
heights.observe(byId("messages"));

// What is open closes with Escape and with a click elsewhere.
const peopleBox = document.querySelector(".people-box");
document.addEventListener("keydown", ({ key }) => {
  if (key !== "Escape" || !peopleBox.open) return;
  peopleBox.open = false;
  peopleBox.querySelector("summary").focus();
});
document.addEventListener("pointerdown", ({ target }) => {
  if (!peopleBox.contains(target)) peopleBox.open = false;
});

// A picture is shown large; by itself its link saves it.
let lightBox;
byId("messages").addEventListener("click", async (event) => {
  const link = event.target.closest(".picture");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  lightBox ??= load("pictures").then(({ LightBox }) => new LightBox(root));
  (await lightBox).open(link);
});
byId("messages").addEventListener("error", ({ target }) => {
  target.closest(".picture")?.remove();
}, { capture: true });

// A link to a message leads there, else one begins with the newest.
const aimed = location.hash && byId(location.hash.slice(1));
if (aimed) {
  timeline.reveal(aimed);
  aimed.scrollIntoView({ block: "center" });
  aimed.querySelector("article").focus({ preventScroll: true });
  following = isAtEnd();
} else toEnd();
showConnection();
watchTabs(() => stream.stop({ code: "too_many" }));
stream.open();

// In a frame: the way out.
byId("sign-out")?.addEventListener("click", async () => {
  const headers = { Accept: "application/json", "X-Requested-With": "embed" };
  await withNotice(async () => {
    const answer = await fetch("/embed/logout", { method: "POST", headers });
    if (!answer.ok) throw new Error((await answer.json()).title);
    location.reload();
  });
});
