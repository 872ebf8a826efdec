// Actions that the server has not confirmed yet, stored in the browser in order.
const PREFIX = "maskloop-review";
/** The most actions that the server accepts in one request. */
export const AT_ONCE = 50;
const DECIDING = new Set(["decide", "change", "page"]);

/** Items whose decision by this action the server refused. */
function refusedOf({ kind, items }, answer) {
  if (!answer || !DECIDING.has(kind)) return [];
  const taken = new Set(answer.outcome === "saved" ? answer.items : []);
  return Object.keys(items).map(Number).filter((item) => items[item] && !taken.has(item));
}

export class Outbox {
  /** `holder` is the id of the tab that made the actions; other tabs send what a closed tab left. */
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
    this.#save();
  }

  first() {
    return this.actions.slice(0, AT_ONCE);
  }

  /** Removes answered actions; returns the items whose decisions were refused. */
  confirm(answers) {
    const answered = new Map(answers.map((answer) => [answer.key, answer]));
    const refused = this.actions.flatMap((action) => refusedOf(action, answered.get(action.key)));
    this.actions = this.actions.filter((action) => !answered.has(action.key));
    this.#save();
    return refused;
  }

  /** Removes invalid actions, which would block those behind them. */
  dropFirst(count) {
    this.actions.splice(0, count);
    this.#save();
  }

  #save() {
    if (this.actions.length) localStorage.setItem(this.name, JSON.stringify(this.actions));
    else localStorage.removeItem(this.name);
  }
}

/** Outboxes that closed tabs of this account left for this queue. */
export function leftBehind({ account, queue, holder }) {
  const start = `${PREFIX}:${account}:${queue}:`;
  return Object.keys(localStorage)
    .filter((name) => name.startsWith(start) && name !== start + holder)
    .map((name) => new Outbox({ account, queue, holder: name.slice(start.length) }));
}
