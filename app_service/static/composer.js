// Writing: what was typed and chosen stays until Webex has it.

export class Composer {
  // `written(message)` hears what Webex has; `begin()` is asked before a message leaves, and what it returns is
  // asked whether the message with this text is there, if no answer came; `over(failure)` hears of the end;
  // `last()` begins to change one's last message.
  constructor(form, { api, ask, mentions, attachments, mostBytes, written, begin, over, last }) {
    this.form = form;
    this.text = form.elements.markdown;
    this.button = form.querySelector("[type=submit]");
    this.error = form.querySelector("#send-error");
    this.again = form.querySelector("#again");
    this.sign = form.querySelector("#sending");
    this.hint = form.querySelector("#send-hint");
    this.usualHint = this.hint.textContent;
    this.bar = form.querySelector("#replying");
    this.api = api;
    this.ask = ask;
    this.mentions = mentions;
    this.attachments = attachments;
    this.mostBytes = mostBytes;
    this.written = written;
    this.begin = begin;
    this.over = over;
    this.last = last;
    this.target = { verb: "new" };
    this.aside = "";
    // A file needs no words.
    this.text.required = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    this.text.addEventListener("keydown", (event) => this.#key(event));
    this.text.addEventListener("input", () => {
      this.#measure();
      // Nothing is left that could be tried again.
      if (!this.text.value && !this.attachments.chosen.length) this.fail();
    });
    this.bar.querySelector("button").addEventListener("click", () => this.cancel());
    this.#measure();
  }

  reply(parentId, label) {
    this.cancel();
    this.target = { verb: "reply", parentId };
    this.#announce(`Replying to ${label}`);
  }

  // What is typed before words come to be changed would be sent as a message of its own.
  async until(words) {
    this.text.readOnly = true;
    try {
      return await words;
    } finally {
      this.text.readOnly = Boolean(this.closed);
    }
  }

  edit(id, markdown, label) {
    this.cancel();
    this.aside = this.text.value;
    this.target = { verb: "edit", id };
    this.text.value = this.mentions.toText(markdown);
    this.button.textContent = "Save";
    this.#announce(`Changing ${label}`);
  }

  cancel() {
    if (this.target.verb === "edit") this.text.value = this.aside;
    this.aside = "";
    this.target = { verb: "new" };
    this.button.textContent = "Send";
    this.bar.hidden = true;
    this.form.elements.parentId.value = "";
    this.#measure();
  }

  // Put something where the cursor is, in place of so many letters before it.
  insert(words, instead = 0) {
    const { selectionStart, selectionEnd } = this.text;
    this.text.setRangeText(words, selectionStart - instead, selectionEnd, "end");
    this.text.dispatchEvent(new Event("input", { bubbles: true }));
    this.text.focus();
  }

  // The connection is back: what was said about it is not true any more.
  connected() {
    if (this.offline) this.fail();
  }

  fail(failure) {
    this.error.textContent = failure?.message ?? "";
    this.offline = failure?.offline ?? false;
    this.again.hidden = !failure || this.closed;
  }

  close(why) {
    this.closed = true;
    this.button.disabled = true;
    this.text.readOnly = true;
    this.attachments.close();
    this.fail(new Error(this.text.value ? `${why} What you typed is still here, to be copied.` : why));
  }

  #announce(text) {
    this.bar.querySelector("span").textContent = text;
    this.bar.hidden = false;
    this.form.elements.parentId.value = this.target.parentId ?? "";
    this.#measure();
    this.text.focus();
  }

  #key(event) {
    if (event.isComposing || this.completion?.key(event)) return;
    if (event.key === "Escape" && this.target.verb !== "new") this.cancel();
    const plain = !event.shiftKey && !event.altKey && !event.ctrlKey && !event.metaKey;
    if (event.key === "ArrowUp" && plain && this.target.verb === "new" && !this.text.value) {
      event.preventDefault();
      this.last();
    }
    if (event.key !== "Enter" || event.shiftKey || event.altKey) return;
    event.preventDefault();
    this.form.requestSubmit();
  }

  #measure() {
    const bytes = new TextEncoder().encode(this.mentions.toMarkdown(this.text.value)).length;
    const left = this.mostBytes - bytes;
    this.hint.textContent = left < 500 ? `${left} of ${this.mostBytes} bytes left.` : this.usualHint;
    this.hint.classList.toggle("over", left < 0);
    this.text.setAttribute("aria-invalid", String(left < 0));
    return left;
  }

  async #send() {
    const typed = this.text.value;
    const markdown = this.mentions.toMarkdown(typed);
    const { target } = this;
    const files = target.verb === "edit" ? [] : this.attachments.chosen;
    if (this.text.readOnly || this.sending || (!markdown.trim() && !files.length)) return;
    const left = this.#measure();
    if (left < 0) {
      this.fail(new Error(`The message is ${-left} bytes too long for Webex. Nothing is lost: shorten it.`));
      return;
    }
    const isThere = target.verb === "edit" || files.length ? null : this.begin();
    this.#busy(true);
    this.fail();
    try {
      if (files.length) await this.#sendFiles(files, target, typed, markdown);
      else this.#sent(target, typed, await this.#put(target, markdown));
    } catch (failure) {
      this.fail(failure);
      if (failure.unclear && (await isThere?.(markdown))) {
        this.fail();
        this.#sent(target, typed);
      }
      if (failure.status === 401 || failure.code === "somebody_else") this.over(failure);
    } finally {
      this.#busy(false);
    }
  }

  // One after the other, the words with the first.
  async #sendFiles(files, target, typed, markdown) {
    let words = markdown;
    for (const file of files) {
      const message = await this.attachments.send(file, {
        markdown: words,
        parentId: target.parentId ?? "",
        writer: this.form.elements.writer.value,
      });
      if (words === markdown) this.#sent(target, typed);
      words = "";
      this.written(message);
    }
  }

  #busy(busy) {
    this.sending = busy;
    this.sign.textContent = busy ? "Sending…" : "";
    if (busy) this.button.setAttribute("aria-disabled", "true");
    else this.button.removeAttribute("aria-disabled");
  }

  // While the message was under way, typing may have gone on, or something else been begun.
  #sent(target, typed, message) {
    if (this.target === target) {
      if (this.text.value === typed) this.text.value = this.aside;
      this.target = { verb: "new" };
      this.cancel();
    } else {
      if (this.text.value === typed) this.text.value = "";
      if (this.aside === typed) this.aside = "";
      this.#measure();
    }
    if (message) this.written(message);
  }

  #put({ verb, id, parentId }, markdown) {
    if (verb === "edit") return this.ask("PUT", `${this.api}/messages/${encodeURIComponent(id)}`, { markdown });
    const writer = this.form.elements.writer.value;
    return this.ask("POST", `${this.api}/messages`, { markdown, writer, ...(parentId ? { parentId } : {}) });
  }
}
