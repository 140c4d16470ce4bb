/** The list of tasks: make one, tick it off, delete it, page on. */

import { dueOf, priorityName, PRIORITY_NAMES } from "../model/task.js";
import { wordsFor } from "../words.js";
import { h, keyed, notice, say } from "./dom.js";
import { field, formOf } from "./forms.js";

const SLOW = 3000;

customElements.define(
  "demo-tasks",
  class extends HTMLElement {
    #slow = 0;

    show({ tasks, uploads }) {
      this.tasks = tasks;
      this.count = h("p", { class: "fine count", role: "status" });
      this.said = h("div", { role: "alert" });
      this.list = h("ul", { class: "tasks", "aria-label": "Tasks, newest first" });
      this.reload = h("button", { class: "small", id: "reload", onclick: () => void (tasks.load(), uploads.load()) }, "Refresh");
      this.moreButton = h("button", { id: "more", onclick: () => tasks.more() }, "Show more");
      const select = h("select", { name: "priority", "aria-label": "Priority" }, Object.entries(PRIORITY_NAMES).map(([value, name]) => h("option", { value, selected: value === "medium" }, name)));
      const form = formOf({
        label: "New task",
        fields: h("div", { class: "adding" }, field("title", "New task", { maxlength: 200, required: true, placeholder: "What is to be done?" }), select),
        button: "Add",
        doing: "The task is not saved.",
        uncertain: "Perhaps the task is saved, perhaps not. Add it again: it will be there once.",
        clear: true,
        send: (values, key) => tasks.create(values, key),
      });
      form.className = "new-task";
      this.className = "card";
      this.replaceChildren(h("div", { class: "head" }, h("h2", {}, "Tasks"), this.count, this.reload), form, this.said, this.list, this.moreButton);
      tasks.addEventListener("change", () => this.#update());
      this.#update();
    }

    #update() {
      const { rows, state, total, failure } = this.tasks;
      const loading = state === "loading";
      this.toggleAttribute("aria-busy", loading);
      if (loading && !this.#slow) this.#slow = setTimeout(() => say(this.count, "This takes longer than usual …"), SLOW);
      if (!loading) this.#slow = clearTimeout(this.#slow);
      if (!loading || !rows.length) say(this.count, loading ? "Loading …" : state === "ready" ? counted(rows.length, total) : "");
      this.said.replaceChildren(
        ...(state === "failed"
          ? [notice(wordsFor(failure, rows.length ? "The list may be out of date." : "The tasks cannot be shown."), h("button", { class: "small", id: "again", onclick: () => this.tasks.load() }, "Try again"))]
          : []),
      );
      keyed(this.list, rows, (task) => task.id, (task) => this.#row(task), (element, task) => this.#fill(element, task));
      this.moreButton.hidden = !this.tasks.hasMore;
      this.moreButton.setAttribute("aria-disabled", String(loading));
    }

    #row(task) {
      const box = h("input", { type: "checkbox", onchange: (event) => this.#complete(task.id, event.target) });
      const title = h("span", { class: "title" });
      const due = h("span", { class: "due" });
      const priority = h("span", { class: "priority" });
      const remove = h("button", { class: "plain remove", onclick: () => this.#remove(task.id, row) }, "Delete");
      const row = h("li", {}, h("label", {}, box, title), h("span", { class: "facts" }, due, priority), remove, h("p", { class: "fine wrong", role: "alert", hidden: true }));
      return row;
    }

    #fill(row, task) {
      row.classList.toggle("done", task.completed);
      row.querySelector("input").checked = task.completed;
      say(row.querySelector(".title"), task.title);
      const due = dueOf(task, Date.now());
      say(row.querySelector(".due"), due.text);
      row.querySelector(".due").classList.toggle("late", due.late);
      say(row.querySelector(".priority"), priorityName(task.priority));
      row.querySelector(".priority").dataset.priority = task.priority;
      row.querySelector(".remove").setAttribute("aria-label", `Delete “${task.title}”`);
    }

    async #complete(id, box) {
      const row = box.closest("li");
      say(row.lastElementChild, "");
      await this.tasks.complete(id, box.checked).catch((failure) => this.#refused(row, failure, "That is not saved."));
    }

    async #remove(id, row) {
      row.classList.add("leaving");
      // The row goes, and the focus with it: it goes on with the next one.
      const next = row.nextElementSibling ?? row.previousElementSibling;
      await this.tasks.remove(id).then(
        () => next?.querySelector("input")?.focus(),
        (failure) => this.#refused(row, failure, "It is not deleted."),
      );
      row.classList.remove("leaving");
    }

    #refused(row, failure, doing) {
      const words = wordsFor(failure, doing);
      say(row.lastElementChild, `${words.title} ${words.text}`);
    }
  },
);

function counted(shown, total) {
  if (!total) return "Nothing to do.";
  return shown < total ? `${shown} of ${total}` : `${total} ${total === 1 ? "task" : "tasks"}`;
}
