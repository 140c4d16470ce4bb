/**
 * What belongs to the demonstration and not to a frontend: the mailbox and the scenarios. The page's own server hands these
 * calls to devkit's control plane, which no scenario ever reaches.
 */

export class Stage extends EventTarget {
  active = [];
  known = new Map();

  constructor(backend) {
    super();
    this.backend = backend;
    this.#look();
    setInterval(() => document.visibilityState === "visible" && this.#look(), 4000);
    this.#ask("GET", "/scenarios").then(({ data }) => {
      this.known = new Map(data.map((scenario) => [scenario.name, scenario]));
      this.dispatchEvent(new Event("change"));
    }, () => {});
  }

  async toggle(name, on, settings = {}) {
    await this.#ask("POST", `/scenarios/${encodeURIComponent(name)}/${on ? "use" : "off"}`, settings).catch((error) => {
      // Off is off, whoever was faster.
      if (on || error.status !== 404) throw error;
    });
    await this.#look();
  }

  /** Switch one off although the page goes: the browser sends it all the same. */
  offAndAway(name) {
    this.#ask("POST", `/scenarios/${encodeURIComponent(name)}/off`, {}, { keepalive: true }).catch(() => {});
  }

  /** Back to how the demo began: data, mails, clock, and nothing that fails. Whoever was signed in is signed out. */
  async reset() {
    await this.#ask("POST", "/reset");
    await this.#look();
  }

  async allOff() {
    await this.#ask("POST", "/scenarios/off");
    await this.#look();
  }

  /** The newest mails; to one address, where one is given. */
  async mails(to) {
    return (await this.#ask("GET", `/mail?limit=5${to ? `&to=${encodeURIComponent(to)}` : ""}`)).data;
  }

  async #look() {
    const active = await this.#ask("GET", "/active").catch(() => null);
    const names = active?.map(({ name }) => name) ?? [];
    if (active === null || names.join() === this.active.join()) return;
    this.active = names;
    this.dispatchEvent(new Event("change"));
  }

  async #ask(method, path, json = {}, options = {}) {
    options.method = method;
    if (method === "POST") Object.assign(options, { body: JSON.stringify(json), headers: { "Content-Type": "application/json" } });
    const response = await fetch(`/_devkit/api${path}`, options).catch(() => null);
    if (!response) throw new Error("The control plane does not answer.");
    if (!response.ok) throw Object.assign(new Error(`The control plane refuses that (${response.status}).`), { status: response.status });
    return response.json();
  }
}
