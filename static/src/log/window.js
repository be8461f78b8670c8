// The lines a log view holds: one unbroken stretch of the log, of all instances or of one.

import { ask } from "../ask.js";

export const STRETCH = 500;
const MOST_HELD = 200_000;

export class LogWindow {
  /** @param {{address: string, changed: (change: {prepended?: number, appended?: number, reset?: boolean}) => void}} given */
  constructor({ address, changed }) {
    this.address = address;
    this.changed = changed;
    this.instance = "";
    this.lines = [];
    this.hasOlder = false;
    this.isAtEnd = true;
    this.fetching = null;
    this.meanwhile = [];
  }

  get first() {
    return this.lines[0]?.n ?? 1;
  }

  get last() {
    return this.lines.at(-1)?.n ?? 0;
  }

  /** The newest lines of all instances, or of one. */
  showEnd(instance = this.instance) {
    this.instance = instance;
    return this.show({ before: Number.MAX_SAFE_INTEGER }, { isAtEnd: true });
  }

  /** The stretch around line `number`. */
  async showAround(number) {
    if (number >= this.first && number <= this.last) return;
    await this.show({ after: Math.max(0, number - STRETCH / 2) }, { isAtEnd: false });
  }

  async show(where, { isAtEnd }) {
    const said = await this.fetch(where);
    if (!said) return;
    this.lines = said.lines;
    this.hasOlder = this.first > 1 && said.lines.length > 0 && !(where.before && said.lines.length < STRETCH);
    this.isAtEnd = isAtEnd || said.lines.length < STRETCH;
    this.changed({ reset: true });
    this.append(this.meanwhile);
  }

  async loadOlder() {
    if (!this.hasOlder || this.fetching) return;
    const said = await this.fetch({ before: this.first });
    if (!said) return;
    this.hasOlder = said.lines.length >= STRETCH && said.lines[0].n > 1;
    this.lines = said.lines.concat(this.lines);
    this.changed({ prepended: said.lines.length });
    this.append(this.meanwhile);
  }

  async loadNewer() {
    if (this.isAtEnd || this.fetching) return;
    const said = await this.fetch({ after: this.last });
    if (!said) return;
    this.isAtEnd = said.lines.length < STRETCH;
    this.lines = this.lines.concat(said.lines.filter((line) => line.n > this.last));
    this.changed({ appended: said.lines.length });
    this.append(this.meanwhile);
  }

  /** Lines that came live, in order and without holes (src/live.js). */
  append(lines) {
    if (this.fetching) {
      this.meanwhile = this.meanwhile.concat(lines);
      return;
    }
    this.meanwhile = [];
    if (!this.isAtEnd) return;
    const last = this.last;
    const fresh = lines.filter((line) => line.n > last && (this.instance === "" || String(line.i) === this.instance));
    if (!fresh.length) return;
    for (const line of fresh) this.lines.push(line);
    if (this.lines.length > MOST_HELD) {
      const dropped = this.lines.length - MOST_HELD;
      this.lines.splice(0, dropped);
      this.hasOlder = true;
      this.changed({ reset: true });
      return;
    }
    this.changed({ appended: fresh.length });
  }

  /** Numbers of the lines that hold `words`, rising; at most `most`. */
  async search(words, most = 2000) {
    const numbers = [];
    while (numbers.length < most) {
      const said = await this.get({ q: words, after: numbers.at(-1) ?? 0 });
      numbers.push(...said.lines.map((line) => line.n));
      if (said.lines.length < STRETCH) break;
    }
    return numbers;
  }

  indexOf(number) {
    let low = 0;
    let high = this.lines.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      if (this.lines[middle].n === number) return middle;
      if (this.lines[middle].n < number) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  /** Null when another question overtook this one, or nobody answered. */
  async fetch(where) {
    const asked = (this.fetching = this.get(where));
    try {
      const said = await asked;
      return this.fetching === asked ? said : null;
    } catch {
      return null;
    } finally {
      if (this.fetching === asked) this.fetching = null;
    }
  }

  get(where) {
    const query = new URLSearchParams({ limit: STRETCH, ...where });
    if (this.instance !== "") query.set("instance", this.instance);
    return ask(`${this.address}?${query}`);
  }
}
