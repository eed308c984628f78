// Cisco's widget, after a click: its files first, which the browser checks, then the token.

const root = document.getElementById("official");
const button = document.getElementById("start");
const status = document.getElementById("official-status");

function load(element, attributes) {
  return new Promise((resolve, reject) => {
    Object.assign(element, { crossOrigin: "anonymous", ...attributes });
    element.addEventListener("load", resolve);
    element.addEventListener("error", () => reject(new Error("Cisco's files could not be loaded, or are not the ones expected.")));
    document.head.append(element);
  });
}

async function accessToken() {
  const answer = await fetch("/api/widget/token", {
    method: "POST",
    headers: { "X-Requested-With": "widget" },
    cache: "no-store",
    redirect: "error",
  });
  const body = await answer.json().catch(() => ({}));
  if (!body.accessToken) throw new Error([body.title ?? "The token could not be fetched", body.detail].filter(Boolean).join(". "));
  return body.accessToken;
}

button.addEventListener("click", async () => {
  button.disabled = true;
  status.textContent = "Loading Cisco's widget…";
  try {
    const { style, styleIntegrity, script, scriptIntegrity, space } = root.dataset;
    await load(document.createElement("link"), { rel: "stylesheet", href: style, integrity: styleIntegrity });
    await load(document.createElement("script"), { src: script, integrity: scriptIntegrity });
    webex.widget(document.getElementById("webex-widget")).spaceWidget({
      accessToken: await accessToken(),
      destinationType: "spaceId",
      destinationId: space,
      spaceActivities: { files: true, meet: false, message: true, people: true },
    });
    status.textContent = "Cisco's widget has started.";
  } catch (problem) {
    status.textContent = problem.message;
    button.disabled = false;
  }
});
