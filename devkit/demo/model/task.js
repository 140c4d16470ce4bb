/**
 * Reads a task as it comes, whatever became of the fields: what is not there, not of the right type or unknown gets a value
 * that can be shown, and costs nothing else. Only without an id there is no task.
 */

const PRIORITIES = { low: "Low", medium: "Medium", high: "High" };
export const PRIORITY_NAMES = PRIORITIES;

/** A task of ours, or null: `{id, title, description, completed, priority, dueDate, createdAt, known}`. */
export function readTask(given) {
  if (given === null || typeof given !== "object" || typeof given.id !== "string") return null;
  return {
    id: given.id,
    title: textOf(given.title) || "Untitled",
    description: textOf(given.description),
    completed: truthOf(given.completed ?? given.done),
    priority: textOf(given.priority) || "medium",
    dueDate: dateOf(given.dueDate),
    createdAt: dateOf(given.createdAt),
  };
}

/** What a priority is called: by its own name, where it is one that came after this page was written. */
export function priorityName(priority) {
  return PRIORITIES[priority] ?? priority.charAt(0).toUpperCase() + priority.slice(1);
}

const DAY = 86_400_000;

/** `{text, late}`: when it is due, as one would say it; nothing where it is done, or due at no time. */
export function dueOf({ dueDate, completed }, now) {
  if (!dueDate || completed) return { text: "", late: false };
  const midnight = (time) => new Date(time).setHours(0, 0, 0, 0);
  const days = Math.round((midnight(dueDate) - midnight(now)) / DAY);
  if (days < 0) return { text: days === -1 ? "1 day late" : `${-days} days late`, late: true };
  if (days < 2) return { text: days ? "tomorrow" : "today", late: false };
  const year = days < 300 ? undefined : "numeric";
  return { text: days < 10 ? `in ${days} days` : dueDate.toLocaleDateString(undefined, { day: "numeric", month: "short", year }), late: false };
}

function textOf(value) {
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : "";
}

function truthOf(value) {
  return value === true || value === "true" || value === 1;
}

function dateOf(value) {
  const date = new Date(value ?? NaN);
  return Number.isNaN(date.getTime()) ? null : date;
}
