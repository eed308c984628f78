// Every <time> in the reader's own zone and language; the server wrote UTC.

const short = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const withDay = new Intl.DateTimeFormat(undefined, {
  day: "numeric", month: "short", hour: "numeric", minute: "2-digit",
});
const dayOnly = new Intl.DateTimeFormat(undefined, { dateStyle: "full" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

// The day of an instant in the reader's own zone.
export function dayOf(instant) {
  return dayOnly.format(new Date(instant));
}

export function localTimes(root) {
  for (const element of root.querySelectorAll("time:not([title])")) {
    const instant = new Date(element.dateTime);
    if (Number.isNaN(instant.getTime())) continue;
    const today = instant.toDateString() === new Date().toDateString();
    element.textContent = (today ? short : withDay).format(instant);
    element.title = full.format(instant);
  }
}

localTimes(document);
