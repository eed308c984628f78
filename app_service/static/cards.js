// Cards in messages, drawn by adaptivecards (static/vendor), which is loaded when the first one comes.
// The server judged size, addresses and Markdown (app_service/space/card.py); here stands what the library
// leaves to whoever hosts it.

const LINKS = new Set(["http:", "https:", "mailto:", "tel:", "sip:", "webexteams:"]);
const PICTURES = new Set(["url", "iconUrl", "backgroundImage"]);
const OWN_ID = "__ac-";
// Higher than this, a card is cut to 40rem (cards.css) until somebody opens it.
const TALLEST_PX = 800;
let parts = 0;

export class Cards {
  // `library` and `style` are addresses of ours; `submit(messageId, inputs)` tells Webex, and may fail.
  // In a frame the addresses of pictures begin with `prefix`.
  constructor({ prefix = "", library, style, submit }) {
    this.prefix = prefix;
    this.library = library;
    this.style = style;
    this.submit = submit;
    this.texts = new Map();
  }

  // Draw the card of a message, if it has one that can be drawn; what the server wrote stays otherwise.
  async draw(item) {
    const box = item.querySelector(":scope > article .message-card[data-card]");
    if (!box) return;
    const { card, texts } = JSON.parse(box.dataset.card, (name, value) => this.#framed(name, value));
    box.removeAttribute("data-card");
    try {
      const ac = await this.#load();
      this.#learn(ac, texts, card.lang);
      this.#show(ac, box, card, item.dataset.id);
    } catch {
      box.dataset.state = "failed";
    }
  }

  #framed(name, value) {
    const isOurs = PICTURES.has(name) && typeof value === "string" && value.startsWith("/");
    return isOurs ? this.prefix + value : value;
  }

  #load() {
    this.loading ??= this.#prepare();
    return this.loading;
  }

  async #prepare() {
    const styled = document.createElement("link");
    styled.rel = "stylesheet";
    styled.href = this.style;
    document.head.append(styled);
    const ac = await import(this.library);
    ac.GlobalSettings.setTabIndexAtCardRoot = false;
    // It writes HTML with styles in it, which the policy refuses; the browser cuts lines by itself.
    ac.GlobalSettings.useAdvancedTextBlockTruncation = false;
    ac.AdaptiveCard.onProcessMarkdown = (text, result) => {
      result.outputHtml = this.texts.get(text);
      result.didProcess = result.outputHtml !== undefined;
    };
    // Webex documents patterns with Unicode classes; without the flag "u" those refuse everybody's name.
    ac.TextInput.prototype.isValid = function isValid() {
      return !this.value || !this.regex || matches(this.regex, this.value);
    };
    // What a card hides nobody can fill in, and its message is hidden with it.
    const input = Object.getPrototypeOf(ac.TextInput.prototype);
    const validateValue = input.validateValue;
    input.validateValue = function validateShown() {
      return isHidden(this) || validateValue.call(this);
    };
    this.config = new ac.HostConfig(HOST);
    return ac;
  }

  // The library asks for the HTML of a text after it has put dates into it.
  #learn(ac, texts, lang) {
    for (const [text, html] of Object.entries(texts)) {
      this.texts.set(ac.formatText(lang, text), ac.formatText(lang, html));
    }
  }

  #show(ac, box, source, messageId) {
    const context = new ac.SerializationContext(ac.Versions.v1_3);
    const card = new ac.AdaptiveCard();
    card.hostConfig = this.config;
    card.parse(source, context);
    card.onExecuteAction = (action) => this.#act(ac, action, box, messageId);
    const onclick = document.onclick;
    const drawn = card.render();
    document.onclick = onclick;
    if (!drawn || isBlank(drawn)) return;
    drawn.addEventListener("error", wordsFor, true);
    const ids = new Map();
    new MutationObserver(() => tidy(drawn, ids)).observe(drawn, { childList: true, subtree: true });
    tidy(drawn, ids);
    box.replaceChildren(drawn, status());
    box.dataset.state = "drawn";
    box.dataset.events = context.eventCount;
    card.updateLayout();
    clamp(box, drawn);
  }

  async #act(ac, action, box, messageId) {
    if (action instanceof ac.OpenUrlAction) open(action.url);
    if (!(action instanceof ac.SubmitAction) || box.dataset.state === "sending") return;
    const said = box.querySelector(".card-status");
    box.dataset.state = "sending";
    said.textContent = "Sending…";
    try {
      await this.submit(messageId, action.data ?? {});
      said.textContent = "Sent.";
    } catch (failure) {
      said.textContent = `${failure.message} What you filled in is still here.`;
    } finally {
      box.dataset.state = "drawn";
    }
  }
}

// Invalid patterns refuse nobody.
function matches(pattern, value) {
  for (const flags of ["u", ""]) {
    try {
      return new RegExp(pattern, flags).test(value);
    } catch {
      continue;
    }
  }
  return true;
}

function isHidden(element) {
  for (let each = element; each; each = each.parent) if (each.isVisible === false) return true;
  return false;
}

function open(url) {
  if (!URL.canParse(url) || !LINKS.has(new URL(url).protocol)) return;
  window.open(url, "_blank", "noopener,noreferrer");
}

function isBlank(drawn) {
  return !drawn.textContent.trim() && !drawn.querySelector("img, input, textarea, select, button");
}

function status() {
  const said = document.createElement("p");
  said.className = "card-status";
  said.setAttribute("role", "status");
  return said;
}

// Ids that the card's author chose could be the page's own; links open elsewhere and tell nothing.
// `ids` gives ours for theirs.
function tidy(drawn, ids) {
  for (const each of drawn.querySelectorAll("[id]")) {
    if (each.id.startsWith(OWN_ID)) continue;
    ids.set(each.id, `${OWN_ID}part-${parts++}`);
    each.id = ids.get(each.id);
  }
  for (const button of drawn.querySelectorAll("[aria-controls]")) controls(button, ids);
  for (const link of drawn.querySelectorAll("a")) link.rel = "noopener noreferrer nofollow";
  for (const image of drawn.querySelectorAll("img:not([alt])")) image.alt = "";
  for (const button of drawn.querySelectorAll("button")) {
    const words = [button.textContent, button.getAttribute("aria-label"), button.title];
    if (!words.some((each) => each?.trim())) button.setAttribute("aria-label", "A button without words");
  }
  for (const input of drawn.querySelectorAll("input, textarea, select")) {
    const named = input.labels?.length || input.hasAttribute("aria-label") || input.hasAttribute("aria-labelledby");
    if (!named) input.setAttribute("aria-label", input.placeholder || "Your answer");
  }
  for (const input of drawn.querySelectorAll(".ac-input-validation-failed")) {
    const error = document.getElementById(input.getAttribute("aria-labelledby")?.split(" ").at(-1) ?? "");
    if (error && !error.hasAttribute("role")) error.setAttribute("role", "alert");
  }
}

// What a button shows and hides, by our ids; not what the card does not have.
function controls(button, ids) {
  const named = button.getAttribute("aria-controls").split(" ");
  const ours = named.map((id) => (id.startsWith(OWN_ID) ? id : ids.get(id))).filter(Boolean).join(" ");
  if (!ours) button.removeAttribute("aria-controls");
  else if (ours !== named.join(" ")) button.setAttribute("aria-controls", ours);
}

// A picture that does not come keeps its words; the library would clear them away.
function wordsFor(event) {
  const image = event.target;
  if (image.tagName !== "IMG" || image.closest("button")) return;
  event.stopPropagation();
  const words = document.createElement("span");
  words.className = "card-words";
  words.textContent = image.alt;
  image.replaceWith(words);
}

function clamp(box, drawn) {
  if (drawn.scrollHeight <= TALLEST_PX) return;
  const more = document.createElement("button");
  more.type = "button";
  more.className = "button quiet small";
  more.textContent = "Show the whole card";
  more.addEventListener("click", () => {
    box.classList.remove("clamped");
    more.remove();
  });
  box.classList.add("clamped");
  box.append(more);
}

const MARK = "var(--card-warning-ground)";
const colour = (name, subtle = name) => ({
  default: `var(--card-${name})`,
  subtle: `var(--card-${subtle})`,
  highlightColors: { default: MARK, subtle: MARK },
});
const FOREGROUND = {
  default: colour("ink", "ink-soft"),
  dark: colour("ink", "ink-soft"),
  light: colour("ink-soft"),
  accent: colour("accent"),
  good: colour("good"),
  warning: colour("warning"),
  attention: colour("attention"),
};
const ground = (name) => ({
  backgroundColor: `var(--card-${name}-ground)`,
  borderColor: "var(--line)",
  foregroundColors: FOREGROUND,
});

// The colours are the page's own (cards.css), so they follow light and dark without drawing anew.
const HOST = {
  fontFamily: "inherit",
  supportsInteractivity: true,
  spacing: { small: 4, default: 8, medium: 16, large: 24, extraLarge: 32, padding: 12 },
  separator: { lineThickness: 1, lineColor: "var(--line)" },
  fontSizes: { small: 13, default: 15, medium: 17, large: 20, extraLarge: 24 },
  fontWeights: { lighter: 300, default: 400, bolder: 650 },
  imageSizes: { small: 40, medium: 80, large: 160 },
  containerStyles: Object.fromEntries(
    ["default", "emphasis", "accent", "good", "attention", "warning"].map((name) => [name, ground(name)]),
  ),
  actions: {
    maxActions: 20,
    spacing: "default",
    buttonSpacing: 8,
    actionsOrientation: "horizontal",
    actionAlignment: "left",
    allowTitleToWrap: true,
    showCard: { actionMode: "inline", inlineTopMargin: 12, style: "emphasis" },
  },
  adaptiveCard: { allowCustomStyle: false },
  media: { allowInlinePlayback: false },
};
