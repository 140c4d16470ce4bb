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
