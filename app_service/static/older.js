// Older messages: a link at the top, and the same when the reader scrolls there.

const NEAR_PX = 80;

export class Older {
  // `oldest()` is the id of the first message at hand, `read(before)` gives a page of messages,
  // `add(messages)` puts them into the list, and `failed(failure)` hears why there are none.
  constructor(box, { page, scroll, oldest, read, add, failed }) {
    this.box = box;
    this.page = page;
    this.scroll = scroll;
    this.oldest = oldest;
    this.read = read;
    this.add = add;
    this.failed = failed;
    this.link = box.querySelector("a");
    box.addEventListener("click", (event) => {
      event.preventDefault();
      this.#load();
    });
    new IntersectionObserver(([entry]) => {
      const most = scroll.scrollHeight - scroll.clientHeight;
      if (entry.isIntersecting && scroll.scrollTop < Math.min(NEAR_PX, most)) this.#load();
    }, { root: scroll }).observe(box);
  }

  // Whether Webex has messages before those at hand.
  setMore(more) {
    if (more) this.#offer("Older messages");
    else this.#withdraw();
  }

  #offer(text) {
    if (!this.link) {
      this.link = document.createElement("a");
      this.link.className = "button quiet small";
      this.link.href = this.page;
      this.box.append(this.link);
    }
    this.link.textContent = text;
  }

  #withdraw() {
    if (this.link && this.link === document.activeElement) this.scroll.focus();
    this.link?.remove();
    this.link = null;
  }

  async #load() {
    const before = this.oldest();
    if (this.loading || !this.link || !before) return;
    this.loading = true;
    try {
      const page = await this.read(before);
      // If the list has begun anew meanwhile, these do not belong to it any more.
      if (before === this.oldest()) this.#put(page);
    } catch (failure) {
      if (this.link) this.#offer(`${failure.message} Try again`);
      this.failed(failure);
    } finally {
      this.loading = false;
    }
  }

  #put(page) {
    const fromEnd = this.scroll.scrollHeight - this.scroll.scrollTop;
    this.add(page.items);
    this.setMore(page.older !== null);
    this.scroll.scrollTop = this.scroll.scrollHeight - fromEnd;
  }
}
