// In a frame, before somebody has signed in: opens the window for it, and takes the code that it gives.

const root = document.getElementById("embed");
const button = document.getElementById("sign-in");
const status = document.getElementById("embed-status");
const TAKEN = "#taken";

// The page in the address bar, whose name the window says. (Firefox knows no ancestors: then the page right
// around the frame, if that is the same.)
function around() {
  const ancestors = location.ancestorOrigins;
  if (ancestors) return ancestors[ancestors.length - 1];
  return window.parent === window.top && document.referrer ? new URL(document.referrer).origin : undefined;
}

button.addEventListener("click", () => {
  const origin = around() ?? "";
  const window_ = open(`${root.dataset.signIn}&origin=${encodeURIComponent(origin)}`, "_blank", "popup,width=560,height=760");
  status.textContent = window_ ? "Go on in the window that has opened." : "Your browser let no window open.";
});

addEventListener("message", async ({ origin, data }) => {
  if (origin !== location.origin || typeof data?.embedCode !== "string") return;
  const answer = await fetch("/embed/session", {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-Requested-With": "embed" },
    body: JSON.stringify({ code: data.embedCode }),
    redirect: "error",
  }).catch(() => undefined);
  if (!answer?.ok) {
    status.textContent = "That did not work. Please press once more.";
    return;
  }
  location.hash = TAKEN;
  location.reload();
});

if (location.hash === TAKEN) {
  status.textContent = "Your browser keeps no cookie for this frame, so nobody can be signed in here.";
}
