/* How times, spans and sizes are written. */

/** The time of day of an instant in ISO 8601, to the millisecond, in the reader's zone. */
export function timeOfDay(iso) {
  const at = new Date(iso);
  const two = (number) => String(number).padStart(2, "0");
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${String(at.getMilliseconds()).padStart(3, "0")}`;
}

export function dateTime(iso) {
  const at = new Date(iso);
  const two = (number) => String(number).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** Seconds as `12 ms`, `1.24 s`, `2 min`. */
export function seconds(value) {
  if (value < 0.001) return `${(value * 1000).toFixed(1)} ms`;
  if (value < 1) return `${Math.round(value * 1000)} ms`;
  if (value < 60) return `${value.toFixed(2)} s`;
  return `${Math.round(value / 60)} min`;
}

/** Milliseconds as durations are written in scenario files: `500ms`, `1m30s`. */
export function duration(milliseconds) {
  if (!milliseconds) return "0";
  let left = Math.abs(milliseconds);
  const parts = [];
  for (const [unit, size] of [["d", 86_400_000], ["h", 3_600_000], ["m", 60_000], ["s", 1000], ["ms", 1]]) {
    const count = Math.floor(left / size);
    if (count) parts.push(`${count}${unit}`);
    left -= count * size;
  }
  return (milliseconds < 0 ? "-" : "") + parts.join("");
}

/** What is left until an instant, by the sandbox's clock: `4:59`; empty when it is over. */
export function countdown(until, now) {
  const left = Math.ceil((Date.parse(until) - now) / 1000);
  if (left <= 0) return "0:00";
  if (left >= 86_400) return `${Math.floor(left / 86_400)} d`;
  const hours = Math.floor(left / 3600);
  const minutes = Math.floor((left % 3600) / 60);
  const rest = String(left % 60).padStart(2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/** How long ago, or in how long: `3 min ago`, `in 2 h`. */
export function relative(iso, now) {
  const away = Date.parse(iso) - now;
  const size = Math.abs(away) / 1000;
  const [count, unit] =
    size < 60 ? [Math.round(size), "s"] : size < 3600 ? [Math.round(size / 60), "min"]
    : size < 172_800 ? [Math.round(size / 3600), "h"] : [Math.round(size / 86_400), "d"];
  if (count === 0) return "now";
  return away > 0 ? `in ${count} ${unit}` : `${count} ${unit} ago`;
}

export function bytes(count) {
  if (count === null || count === undefined) return "–";
  if (count < 1024) return `${count} B`;
  const units = ["KiB", "MiB", "GiB", "TiB"];
  let value = count / 1024;
  let at = 0;
  while (value >= 1024 && at < units.length - 1) (value /= 1024), (at += 1);
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[at]}`;
}

/** What is kept of a text, and of how much (`5,000 characters`; empty where it is all of it): the journal marks what it cuts. */
export function kept(text) {
  const mark = /…\[(\d+) (characters|bytes)\]$/.exec(text ?? "");
  return mark ? { text: text.slice(0, mark.index), length: `${number(Number(mark[1]))} ${mark[2]}` } : { text, length: "" };
}

export const number = (value) => value.toLocaleString("en");

export const plural = (count, word) => `${number(count)} ${word}${count === 1 ? "" : "s"}`;
