/* Everybody's tasks. */

import { get, query } from "../core/api.js";
import { fill, h } from "../core/dom.js";
import { dateTime } from "../core/format.js";
import { address } from "../core/router.js";
import { badge, searchBox } from "../parts/bits.js";
import { Card, PAGE, row } from "./card.js";

const TONES = { high: "bad", medium: "", low: "" };

export class Tasks extends Card {
  #user = null;

  build() {
    this.search = searchBox("Search tasks", () => {
      this.pager.offset = 0;
      this.again();
    });
    this.list = this.rows({ label: "Tasks, newest first", nothing: "No task fits.", keyOf: (task) => task.id, render: taskRow });
    this.pager = this.pages();
    this.of = h("p", { class: "soft", hidden: true });
    fill(this, this.head("Tasks", this.search.node), this.of, this.list.node, this.pager.node);
  }

  /** `#/state/tasks/ada@example.com` shows that user's alone. */
  show([email]) {
    this.#user = email ?? null;
    this.pager.offset = 0;
    this.of.hidden = !email;
    fill(this.of, "Of ", h("strong", {}, email ?? ""), " alone. ", h("a", { href: address("state", "tasks") }, "Show everybody's"));
    return this.again();
  }

  async refresh() {
    const found = await get(`/tasks${query({ user: this.#user, q: this.search.box.value, limit: PAGE, offset: this.pager.offset })}`);
    this.list.draw(found.data);
    this.pager.draw(found.data.length, found.total);
  }
}

const taskRow = (task) =>
  row(
    [
      h("p", {}, h("span", { class: task.completed ? "done" : "strong" }, task.title), " ", task.completed ? badge("done", "good") : null, task.priority === "medium" ? null : badge(task.priority, TONES[task.priority])),
      h("p", { class: "soft" }, [task.user, task.due_date ? `due ${dateTime(task.due_date)}` : null, `created ${dateTime(task.created_at)}`].filter(Boolean).join(" · ")),
    ],
    [h("code", { class: "soft id" }, task.id.slice(0, 8))],
  );

customElements.define("dk-tasks", Tasks);
