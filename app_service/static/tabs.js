// Tabs of one browser. Over HTTP/1.1 a browser opens six connections to a site and no more; each open
// stream holds one for good, and a few tabs too many would leave none for anything else.

const MOST = 4;

// Calls `crowded` once so many tabs were opened after this one.
export function watchTabs(crowded) {
  const me = Math.random();
  const later = new Set();
  const channel = new BroadcastChannel("space");
  channel.addEventListener("message", ({ data }) => {
    if (data.opened) later.add(data.opened);
    later.delete(data.closed);
    if (later.size >= MOST) crowded();
  });
  channel.postMessage({ opened: me });
  addEventListener("pagehide", () => channel.postMessage({ closed: me }));
}
