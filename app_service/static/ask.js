// Asking our server; an Error's message is meant for the person.

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

export async function ask(method, path, body, patience = PATIENCE_MS) {
  // What is known not to leave is not in doubt.
  if (!navigator.onLine) throw notConnected();
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
    throw stop.signal.aborted || method !== "GET" ? unanswered(method) : notConnected();
  } finally {
    clearTimeout(timer);
  }
  if (answer.ok) return answer.status === 204 ? null : answer.json();
  throw refused(method, answer.status, await answer.json().catch(() => ({})));
}

// Send a form with a file; `progress(share)` hears how much has left. fetch does not tell that.
export function upload(path, form, { progress, signal }) {
  return new Promise((resolve, reject) => {
    if (!navigator.onLine) {
      reject(notConnected());
      return;
    }
    const request = new XMLHttpRequest();
    request.open("POST", path);
    request.setRequestHeader("X-Requested-With", "widget");
    request.responseType = "json";
    request.upload.addEventListener("progress", ({ loaded, total }) => progress(loaded / total));
    request.addEventListener("load", () => {
      if (request.status < 300 && request.response) resolve(request.response);
      else reject(refused("POST", request.status, request.response ?? {}));
    });
    request.addEventListener("error", () => reject(unanswered("POST")));
    request.addEventListener("abort", () => reject(new Error("Not sent.")));
    signal.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}

function notConnected() {
  const error = new Error(NO_CONNECTION);
  error.offline = true;
  return error;
}

function refused(method, status, problem) {
  const error = new Error([problem.title, problem.detail].filter(Boolean).join(". ") || "That did not work.");
  error.status = status;
  error.code = problem.code;
  // Somebody on the way has lost the answer.
  error.unclear = method !== "GET" && (status === 502 || status === 504);
  return error;
}
