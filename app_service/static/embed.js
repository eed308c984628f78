// For other sites' pages: <script src="https://…/embed.js" data-space="…"></script> becomes a frame.

const script = document.currentScript;
const { space, title, height } = script.dataset;
const frame = document.createElement("iframe");
const address = new URL("/embed/widget", script.src);
if (space) address.searchParams.set("space", space);
frame.src = address.href;
frame.title = title ?? "Conversation in Webex";
frame.style.cssText = `width: 100%; height: ${height ?? "36rem"}; border: 0`;
// The frame has to know whose page it is in, to say so when somebody signs in.
frame.referrerPolicy = "origin";
// What is inside needs none of these.
frame.allow = "camera 'none'; microphone 'none'; geolocation 'none'; payment 'none'";
script.after(frame);
