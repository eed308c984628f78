// Files to send: chosen with a button, dropped or pasted. Each becomes a message of its own, as at Webex.

const UNITS = ["bytes", "kB", "MB"];

export class Attachments {
  // `upload(form, {progress, signal})` sends one and gives the message; `refused(text)` hears of what cannot be.
  constructor(form, { upload, place, mostBytes, refused }) {
    this.list = form.querySelector("#chosen");
    this.text = form.elements.markdown;
    this.upload = upload;
    this.mostBytes = mostBytes;
    this.refused = refused;
    this.chosen = [];
    this.closed = this.text.disabled;
    form.querySelector("#tools").hidden = this.closed;
    const input = form.querySelector("#files");
    form.querySelector("#attach").addEventListener("click", () => input.click());
    input.addEventListener("change", () => {
      this.add(input.files);
      input.value = "";
    });
    this.text.addEventListener("paste", (event) => {
      if (!event.clipboardData.files.length) return;
      event.preventDefault();
      this.add(event.clipboardData.files);
    });
    for (const kind of ["dragover", "drop", "dragleave"]) {
      place.addEventListener(kind, (event) => this.#drag(event, place));
    }
  }

  add(files) {
    if (this.closed) return;
    for (const file of files) {
      if (file.size > this.mostBytes) this.refused(`${file.name} is larger than ${sizeOf(this.mostBytes)}.`);
      else this.chosen.push(this.#entry(file));
    }
    this.list.hidden = !this.chosen.length;
    this.text.focus();
  }

  async send(entry, { markdown, parentId, writer }) {
    const form = new FormData();
    const fields = { size: entry.file.size, markdown, parentId, writer };
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    // Last: the server passes it on as it comes.
    form.append("file", entry.file);
    entry.stop = new AbortController();
    entry.bar.hidden = false;
    const progress = (share) => { entry.bar.value = share; };
    try {
      const message = await this.upload(form, { progress, signal: entry.stop.signal });
      this.#drop(entry);
      return message;
    } finally {
      entry.bar.hidden = true;
      entry.stop = null;
    }
  }

  close() {
    this.closed = true;
    for (const entry of this.chosen) entry.stop?.abort();
  }

  #entry(file) {
    const item = document.createElement("li");
    const name = document.createElement("bdi");
    name.textContent = file.name;
    const bar = document.createElement("progress");
    bar.hidden = true;
    bar.setAttribute("aria-label", `Sent of ${file.name}`);
    const remove = document.createElement("button");
    remove.type = "button";
    remove.className = "tool";
    remove.textContent = "✕";
    remove.setAttribute("aria-label", `Remove ${file.name}`);
    item.append(name, ` ${sizeOf(file.size)}`, bar, remove);
    const entry = { file, item, bar, stop: null };
    remove.addEventListener("click", () => {
      entry.stop?.abort();
      this.#drop(entry);
      this.text.focus();
    });
    this.list.append(item);
    return entry;
  }

  #drop(entry) {
    entry.item.remove();
    this.chosen = this.chosen.filter((each) => each !== entry);
    this.list.hidden = !this.chosen.length;
  }

  #drag(event, place) {
    if (![...(event.dataTransfer?.types ?? [])].includes("Files")) return;
    event.preventDefault();
    place.classList.toggle("dropping", event.type === "dragover" && !this.closed);
    if (event.type === "drop") this.add(event.dataTransfer.files);
  }
}

function sizeOf(bytes) {
  let [size, unit] = [bytes, 0];
  while (size >= 1024 && unit < UNITS.length - 1) [size, unit] = [size / 1024, unit + 1];
  return `${Math.round(size * 10) / 10} ${UNITS[unit]}`;
}
