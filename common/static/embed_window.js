// The window in which somebody signs in for a frame. The code goes to whoever opened it, if that is of our
// own origin: the browser gives it to nobody else.

const code = document.getElementById("allowed")?.dataset.code;
// Webex's own page may have cut the tie (Cross-Origin-Opener-Policy).
const cutOff = window.opener === null;
document.getElementById("cut-off").hidden = !cutOff;
const button = document.getElementById("allow");
if (button) button.disabled = cutOff;
if (code && !cutOff) {
  window.opener.postMessage({ embedCode: code }, location.origin);
  window.close();
}
