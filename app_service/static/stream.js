// The stream of events: opened, watched, and opened again for as long as it makes sense.

const SILENCE_MS = 30_000; // the server is heard from every 15 s
const LONGEST_WAIT_MS = 30_000;
const RARE_MS = 30_000; // between two questions, if this person has more streams than the server keeps

export class Stream {
  // `heard[name](data)` for each kind of event; `state(name, problem)` with "open", "lost", "rare", "over".
  constructor(url, { since, heard, state }) {
    this.url = url;
    this.since = since;
    this.heard = heard;
    this.state = state;
    // In a row, without news in between.
    this.failures = 0;
    this.rare = false;
    this.over = false;
    this.lost = true;
    addEventListener("offline", () => this.#lose());
    addEventListener("online", () => {
      this.#lose();
      this.#again(0);
    });
    document.addEventListener("visibilitychange", () => {
      // Timers sleep with the tab; ask at once when it is looked at again.
      if (document.hidden || Date.now() - this.heardAt <= SILENCE_MS) return;
      this.#lose();
      this.#again(0);
    });
  }

  open() {
    clearTimeout(this.timer);
    this.source?.close();
    if (this.over) return;
    const query = new URLSearchParams();
    if (this.since) query.set("since", this.since);
    if (this.rare) query.set("brief", "1");
    const source = new EventSource(query.size ? `${this.url}?${query}` : this.url);
    this.source = source;
    source.addEventListener("open", () => {
      this.#hear();
    });
    source.addEventListener("error", () => {
      this.#lose();
      // The browser comes back by itself, unless it was told no.
      if (source.readyState === EventSource.CLOSED) this.#ask();
      else this.#listenOn();
    });
    source.addEventListener("beat", () => {
      // It stays: there is room again.
      if (this.rare) {
        this.rare = false;
        this.lost = true;
      }
      this.#hear();
    });
    for (const [name, hear] of Object.entries(this.heard)) {
      source.addEventListener(name, (event) => {
        // Only now is it served: a stream may be opened, and ended before anything was read for it.
        if (name === "window") this.failures = 0;
        if (event.lastEventId) this.since = event.lastEventId;
        this.#hear();
        hear(JSON.parse(event.data));
      });
    }
    this.#listenOn();
  }

  // The server ended the stream: find out whether it may be opened again.
  ended(reason) {
    this.source?.close();
    if (reason !== "too_many") {
      this.#ask();
      return;
    }
    this.rare = true;
    this.state("rare");
    this.#again(RARE_MS);
  }

  stop(problem) {
    if (this.over) return;
    this.over = true;
    clearTimeout(this.timer);
    this.source?.close();
    this.state("over", problem);
  }

  // A browser may say "offline" and be wrong: whoever is heard is there.
  #hear() {
    if (this.lost) {
      this.lost = false;
      this.state(this.rare ? "rare" : "open");
    }
    this.#listenOn();
  }

  #lose() {
    if (this.over) return;
    this.lost = true;
    this.state("lost");
  }

  #listenOn() {
    this.heardAt = Date.now();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.#lose();
      this.open();
    }, SILENCE_MS);
  }

  #again(wait) {
    if (this.over) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.open(), wait);
  }

  // An EventSource does not tell the status of the answer that closed it.
  async #ask() {
    this.source?.close();
    clearTimeout(this.timer);
    this.#lose();
    const stop = new AbortController();
    // A connection that died unnoticed gives no answer, and fetch itself would wait for ever.
    this.timer = setTimeout(() => stop.abort(), SILENCE_MS);
    let problem = {};
    let retryAfter = 0;
    try {
      const answer = await fetch(this.url, { signal: stop.signal, cache: "no-store" });
      if (answer.ok) {
        stop.abort();
        // At once the first time; one that is ended again and again is opened less and less often.
        this.#again(this.failures === 0 ? 0 : this.#patience());
        this.failures += 1;
        return;
      }
      retryAfter = Number(answer.headers.get("Retry-After")) || 0;
      problem = { status: answer.status, ...(await answer.json().catch(() => ({}))) };
    } catch {
      // No connection at all, or no answer: that passes.
    }
    if (problem.status >= 400 && problem.status < 500 && problem.status !== 429) {
      this.stop(problem);
      return;
    }
    this.failures += 1;
    this.#again(Math.max(this.#patience(), retryAfter * 1000));
  }

  #patience() {
    return Math.min(LONGEST_WAIT_MS, 1000 * 2 ** this.failures) * (0.5 + Math.random() / 2);
  }
}
