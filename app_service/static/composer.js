// Writing: what was typed stays until Webex has it.

export class Composer {
  // `written(message)` hears what Webex has; `begin()` is asked before a message leaves, and what it returns is
  // asked whether the message with this text is there, if no answer came; `over(failure)` hears of the end.
  constructor(form, { mostBytes, written, begin, over }) {
    this.form = form;
    this.text = form.elements.markdown;
    this.button = form.querySelector("[type=submit]");
    this.error = form.querySelector("#send-error");
    this.hint = form.querySelector("#send-hint");
    this.usualHint = this.hint.textContent;
    this.bar = form.querySelector("#replying");
    this.mostBytes = mostBytes;
    this.written = written;
    this.begin = begin;
    this.over = over;
    this.target = { verb: "new" };
    this.aside = "";
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    this.text.addEventListener("keydown", (event) => this.#key(event));
    this.text.addEventListener("input", () => this.#measure());
    this.bar.querySelector("button").addEventListener("click", () => this.cancel());
    this.#measure();
  }

  reply(parentId, label) {
    this.cancel();
    this.target = { verb: "reply", parentId };
    this.#announce(`Replying to ${label}`);
  }

  edit(id, markdown, label) {
    this.cancel();
    this.aside = this.text.value;
    this.target = { verb: "edit", id };
    this.text.value = markdown;
    this.#announce(`Changing ${label}`);
  }

  cancel() {
    if (this.target.verb === "edit") this.text.value = this.aside;
    this.aside = "";
    this.target = { verb: "new" };
    this.bar.hidden = true;
    this.form.elements.parentId.value = "";
    this.#measure();
  }

  // The connection is back: what was said about it is not true any more.
  connected() {
    if (this.error.textContent === NO_CONNECTION) this.#fail("");
  }

  close(why) {
    this.closed = true;
    this.button.disabled = true;
    this.text.readOnly = true;
    this.#fail(this.text.value ? `${why} What you typed is still here, to be copied.` : why);
  }

  #announce(text) {
    this.bar.querySelector("span").textContent = text;
    this.bar.hidden = false;
    this.form.elements.parentId.value = this.target.parentId ?? "";
    this.#measure();
    this.text.focus();
  }

  #key(event) {
    if (event.isComposing) return;
    if (event.key === "Escape" && this.target.verb !== "new") this.cancel();
    if (event.key !== "Enter" || event.shiftKey || event.altKey) return;
    event.preventDefault();
    this.form.requestSubmit();
  }

  #measure() {
    const bytes = new TextEncoder().encode(this.text.value).length;
    const left = this.mostBytes - bytes;
    this.hint.textContent = left < 500 ? `${left} of ${this.mostBytes} bytes left.` : this.usualHint;
    this.hint.classList.toggle("over", left < 0);
    this.text.setAttribute("aria-invalid", String(left < 0));
    return left;
  }

  async #send() {
    const markdown = this.text.value;
    if (this.closed || this.sending || !markdown.trim()) return;
    const left = this.#measure();
    if (left < 0) {
      this.#fail(`The message is ${-left} bytes too long for Webex. Nothing is lost: shorten it.`);
      return;
    }
    const { target } = this;
    const isThere = target.verb === "edit" ? null : this.begin();
    this.sending = true;
    this.button.setAttribute("aria-disabled", "true");
    this.#fail("");
    try {
      const message = await this.#put(markdown);
      this.#sent(target, markdown);
      this.written(message);
    } catch (failure) {
      this.#fail(failure.message);
      if (failure.unclear && (await isThere?.(markdown))) {
        this.#fail("");
        this.#sent(target, markdown);
      }
      if (failure.status === 401 || failure.code === "somebody_else") this.over(failure);
    } finally {
      this.sending = false;
      this.button.removeAttribute("aria-disabled");
    }
  }

  // While the message was under way, typing may have gone on, or something else been begun.
  #sent(target, markdown) {
    if (this.target === target) {
      if (this.text.value === markdown) this.text.value = this.aside;
      this.target = { verb: "new" };
      this.cancel();
      return;
    }
    if (this.text.value === markdown) this.text.value = "";
    if (this.aside === markdown) this.aside = "";
    this.#measure();
  }

  #put(markdown) {
    const { verb, id, parentId } = this.target;
    if (verb === "edit") return ask("PUT", `/api/space/messages/${encodeURIComponent(id)}`, { markdown });
    const writer = this.form.elements.writer.value;
    return ask("POST", "/api/space/messages", { markdown, writer, ...(parentId ? { parentId } : {}) });
  }

  #fail(text) {
    this.error.textContent = text;
  }
}

// Longer than nginx waits for the service, so its answer comes first if one comes at all.
const PATIENCE_MS = 60_000;
const NO_CONNECTION = "There is no connection. Nothing is lost: try again in a moment.";

const WHAT_NOW = {
  GET: "Try again in a moment.",
  POST: "It may have been sent: look before you send it again.",
};

function unanswered(method) {
  const error = new Error(`No answer came. ${WHAT_NOW[method] ?? "It may have been done: look before you repeat it."}`);
  error.unclear = method !== "GET";
  return error;
}

// Ask our server; an Error's message is meant for the person.
export async function ask(method, path, body, patience = PATIENCE_MS) {
  // What is known not to leave is not in doubt.
  if (!navigator.onLine) throw new Error(NO_CONNECTION);
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), patience);
  let answer;
  try {
    answer = await fetch(path, {
      method,
      headers: { "X-Requested-With": "widget", ...(body ? { "Content-Type": "application/json" } : {}) },
      body: body && JSON.stringify(body),
      redirect: "error",
      cache: "no-store",
      signal: stop.signal,
    });
  } catch {
    throw stop.signal.aborted || method !== "GET" ? unanswered(method) : new Error(NO_CONNECTION);
  } finally {
    clearTimeout(timer);
  }
  if (answer.ok) return answer.status === 204 ? null : answer.json();
  const problem = await answer.json().catch(() => ({}));
  const error = new Error([problem.title, problem.detail].filter(Boolean).join(". ") || "That did not work.");
  error.status = answer.status;
  error.code = problem.code;
  // Somebody on the way has lost the answer.
  error.unclear = method !== "GET" && (answer.status === 502 || answer.status === 504);
  throw error;
}
