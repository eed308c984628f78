// Tabs of one browser. Over HTTP/1.1 a browser opens six connections to a site and no more; each open
// stream holds one for good, and a few tabs too many would leave none for anything else.

const MOST = 4;
const ANSWER_MS = 1000;

// Calls `crowded` once so many tabs were opened after this one.
export function watchTabs(crowded) {
  // Of two tabs the one that was opened later has the greater number.
  const me = Date.now() + Math.random();
  const later = new Set();
  let counting = false;
  const channel = new BroadcastChannel("space");
  channel.addEventListener("message", ({ data }) => {
    if (data.who) channel.postMessage({ here: me });
    if (data.here > me) later.add(data.here);
    later.delete(data.closed);
    if (later.size >= MOST && !counting) count();
  });
  // A tab that crashed, or that the system put away, said no good-bye: ask who is there.
  function count() {
    counting = true;
    later.clear();
    channel.postMessage({ who: "is there" });
    setTimeout(() => {
      if (later.size >= MOST) crowded();
      else counting = false;
    }, ANSWER_MS);
  }
  channel.postMessage({ here: me });
  addEventListener("pagehide", () => channel.postMessage({ closed: me }));
}
