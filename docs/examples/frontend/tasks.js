// What a frontend has between its pages and its backend. The examples beside this folder test it.
export class Down extends Error {}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export class Tasks {
  constructor(base, headers = {}) {
    this.base = base;
    this.headers = headers;
  }

  // A read is tried again, a little later each time.
  async list(tries = 4) {
    for (let wait = 200; ; wait *= 2) {
      try {
        const {data} = await this.#call('GET', '/api/tasks?limit=5');
        return data.map(({title}) => title);
      } catch (error) {
        if (error instanceof Down || --tries === 0) throw error;
        await pause(wait);
      }
    }
  }

  add(title) {
    return this.#call('POST', '/api/tasks', {title});
  }

  async #call(method, path, value) {
    const body = value && JSON.stringify(value);
    const headers = {...this.headers, ...(value && {'Content-Type': 'application/json'})};
    const answer = await fetch(this.base + path, {method, headers, body});
    if (answer.status === 503) throw new Down(`The backend is down. Again in ${answer.headers.get('Retry-After')} s`);
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}`);
    return answer.json();
  }
}
