// Actions that the server has not confirmed yet: kept in the browser, in order, until it has.
const PREFIX = "maskloop-review";
/** As many as the server takes in one request. */
export const AT_ONCE = 50;
const DECIDING = new Set(["decide", "change", "page"]);

/** The items that an action was to decide and, by its answer, did not. */
function refusedOf({ kind, items }, answer) {
  if (!answer || !DECIDING.has(kind)) return [];
  const taken = new Set(answer.outcome === "saved" ? answer.items : []);
  return Object.keys(items).map(Number).filter((item) => items[item] && !taken.has(item));
}

export class Outbox {
  /** `holder` is the tab that did the actions; another tab may send what a closed one has left. */
  constructor({ account, queue, holder }) {
    Object.assign(this, { account, queue, holder });
    this.name = [PREFIX, account, queue, holder].join(":");
    this.actions = JSON.parse(localStorage.getItem(this.name) ?? "[]");
  }

  get size() {
    return this.actions.length;
  }

  add(action) {
    this.actions.push(action);
    this.#keep();
  }

  first() {
    return this.actions.slice(0, AT_ONCE);
  }

  /** Forgets what the server has answered; the items whose decisions it did not take. */
  confirm(answers) {
    const answered = new Map(answers.map((answer) => [answer.key, answer]));
    const refused = this.actions.flatMap((action) => refusedOf(action, answered.get(action.key)));
    this.actions = this.actions.filter((action) => !answered.has(action.key));
    this.#keep();
    return refused;
  }

  /** An action that the server refuses as such must not block those behind it. */
  dropFirst(count) {
    this.actions.splice(0, count);
    this.#keep();
  }

  #keep() {
    if (this.actions.length) localStorage.setItem(this.name, JSON.stringify(this.actions));
    else localStorage.removeItem(this.name);
  }
}

/** What closed tabs of this account left in this queue. */
export function leftBehind({ account, queue, holder }) {
  const start = `${PREFIX}:${account}:${queue}:`;
  return Object.keys(localStorage)
    .filter((name) => name.startsWith(start) && name !== start + holder)
    .map((name) => new Outbox({ account, queue, holder: name.slice(start.length) }));
}
