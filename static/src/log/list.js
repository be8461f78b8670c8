// A list of rows of one height; only those in sight are in the page. 200,000 lines cost what 40 do.

import { AnsiUp } from "ansi_up";

export const ROW = 20; // px, as in static/css/log.css
const SPARE = 12;
const TALLEST = 15_000_000; // px; browsers lose precision beyond
// eslint-disable-next-line no-control-regex
const ESCAPE = /\u001b\[/;

const ansi = new AnsiUp();
ansi.use_classes = true; // classes, not style attributes: the content security policy has no inline styles

export class LineList {
  /** @param {{place: HTMLElement, lines: () => object[], showsOwner: () => boolean, ownerOf: (instance: number) => string}} given */
  constructor({ place, lines, showsOwner, ownerOf }) {
    this.place = place;
    this.lines = lines;
    this.showsOwner = showsOwner;
    this.ownerOf = ownerOf;
    this.space = document.createElement("div");
    this.space.className = "log-space";
    this.place.append(this.space);
    this.rows = new Map();
    this.words = "";
    this.hit = null;
    this.place.addEventListener("scroll", () => this.draw(), { passive: true });
    new ResizeObserver(() => this.draw()).observe(place);
  }

  get isAtEnd() {
    return this.place.scrollTop + this.place.clientHeight >= this.height - ROW;
  }

  get height() {
    return Math.min(this.lines().length * ROW, TALLEST);
  }

  /** Forgets what is drawn: other lines, other words. */
  redraw() {
    for (const row of this.rows.values()) row.remove();
    this.rows.clear();
    this.draw();
  }

  draw() {
    const count = this.lines().length;
    this.space.style.height = `${this.height}px`;
    const first = Math.max(0, Math.floor(this.place.scrollTop / ROW) - SPARE);
    const last = Math.min(count, Math.ceil((this.place.scrollTop + this.place.clientHeight) / ROW) + SPARE);
    for (const [index, row] of this.rows) {
      if (index >= first && index < last) continue;
      row.remove();
      this.rows.delete(index);
    }
    for (let index = first; index < last; index += 1) {
      if (!this.rows.has(index)) this.add(index);
    }
  }

  add(index) {
    const line = this.lines()[index];
    const row = document.createElement("div");
    row.className = "log-row";
    row.dataset.stream = line.s;
    row.dataset.line = line.n;
    row.classList.toggle("is-hit", line.n === this.hit);
    row.style.top = `${index * ROW}px`;
    const number = document.createElement("a");
    number.className = "log-number";
    number.href = `#L${line.n}`;
    number.tabIndex = -1;
    number.textContent = line.n;
    row.append(number);
    if (this.showsOwner()) {
      const owner = document.createElement("span");
      owner.className = "log-owner";
      owner.textContent = this.ownerOf(line.i);
      row.append(owner);
    }
    const text = document.createElement("span");
    text.className = "log-text";
    this.fill(text, line.t);
    row.append(text);
    this.space.append(row);
    this.rows.set(index, row);
  }

  /** A line is hostile text: markup only from ansi_up, which escapes first. */
  fill(place, text) {
    const found = this.words ? text.toLowerCase().indexOf(this.words.toLowerCase()) : -1;
    if (found >= 0) {
      const mark = document.createElement("mark");
      mark.textContent = text.slice(found, found + this.words.length);
      place.append(text.slice(0, found), mark, text.slice(found + this.words.length));
    } else if (ESCAPE.test(text)) {
      place.innerHTML = ansi.ansi_to_html(text);
    } else {
      place.textContent = text;
    }
  }

  toEnd() {
    this.draw();
    this.place.scrollTop = this.height;
    this.draw();
  }

  toIndex(index) {
    this.draw();
    this.place.scrollTop = Math.max(0, index * ROW - this.place.clientHeight / 2);
    this.redraw();
  }

  /** Lines came in above: what is in sight stays where it is. */
  shift(count) {
    this.space.style.height = `${this.height}px`;
    this.place.scrollTop += count * ROW;
    this.redraw();
  }
}
