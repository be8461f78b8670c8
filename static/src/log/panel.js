// The log of a render: follow, pause, search, one instance or all, as text.

import { counted } from "../words.js";
import { LineList } from "./list.js";
import { LogSearch } from "./search.js";
import { LogWindow } from "./window.js";

export class LogPanel {
  constructor(root, { address, lineCount }) {
    this.root = root;
    this.part = (name) => root.querySelector(`[data-log-${name}]`);
    this.lineCount = lineCount;
    this.follows = true;
    this.isPaused = false;
    this.held = [];
    this.owners = new Map([...this.part("instance").options].map(({ value, dataset }) => [value, dataset.owner]));
    this.window = new LogWindow({ address, changed: (change) => this.changed(change) });
    this.list = new LineList({
      place: this.part("list"),
      lines: () => this.window.lines,
      showsOwner: () => this.window.instance === "",
      ownerOf: (instance) => this.owners.get(String(instance)) ?? String(instance),
    });
    this.search = new LogSearch(this);
    this.listen();
  }

  async start() {
    this.sayEmpty("Fetching the log …");
    const wanted = /^#L(\d+)$/.exec(location.hash);
    await this.window.showEnd();
    if (wanted) await this.goTo(Number(wanted[1]));
    this.draw();
  }

  listen() {
    const list = this.part("list");
    list.addEventListener("scroll", () => this.scrolled(), { passive: true });
    this.part("follow").addEventListener("click", () => this.follow(!this.follows));
    this.part("pause").addEventListener("click", () => this.pause(!this.isPaused));
    this.part("new").addEventListener("click", () => this.follow(true));
    this.part("instance").addEventListener("change", (event) => this.choose(event.target.value));
    this.part("wide").addEventListener("click", (event) => {
      const isWide = this.root.classList.toggle("is-wide");
      event.currentTarget.setAttribute("aria-pressed", String(isWide));
      if (this.follows) this.list.toEnd();
    });
    addEventListener("hashchange", () => {
      const wanted = /^#L(\d+)$/.exec(location.hash);
      if (wanted) this.goTo(Number(wanted[1]));
    });
  }

  /** Lines in order, each once. */
  add(lines, lineCount) {
    this.lineCount = Math.max(this.lineCount, lineCount);
    if (this.isPaused) this.held = this.held.concat(lines);
    else this.window.append(lines);
    this.unseen = (this.unseen ?? 0) + lines.length;
    this.draw();
  }

  changed({ prepended, reset }) {
    if (prepended) this.list.shift(prepended);
    else if (reset) this.list.redraw();
    if (this.follows && !this.isPaused) this.list.toEnd();
    else this.list.draw();
    this.draw();
  }

  scrolled() {
    const { scrollTop } = this.part("list");
    if (this.isAtEnd) this.unseen = 0;
    const wentUp = scrollTop < (this.lastTop ?? 0) - 1;
    this.lastTop = scrollTop;
    if (wentUp && this.follows && !this.list.isAtEnd) this.follow(false);
    if (scrollTop < 400) this.window.loadOlder();
    if (this.list.isAtEnd) this.window.loadNewer();
    this.draw();
  }

  get isAtEnd() {
    return this.list.isAtEnd && this.window.isAtEnd;
  }

  async follow(follows) {
    this.follows = follows;
    if (follows) {
      if (this.isPaused) this.pause(false);
      if (!this.window.isAtEnd) await this.window.showEnd();
      this.unseen = 0;
      this.list.toEnd();
      this.lastTop = this.part("list").scrollTop;
    }
    this.draw();
  }

  pause(isPaused) {
    this.isPaused = isPaused;
    if (!isPaused) {
      this.window.append(this.held);
      this.held = [];
    }
    this.draw();
  }

  async choose(instance) {
    this.search.clear();
    const download = this.part("download");
    download.href = download.href.split("?")[0] + (instance === "" ? "" : `?instance=${instance}`);
    this.follows = true;
    await this.window.showEnd(instance);
    this.draw();
  }

  /** Shows line `number` and marks it. */
  async goTo(number) {
    this.follows = false;
    await this.window.showAround(number);
    this.list.hit = number;
    const index = this.window.indexOf(number);
    if (index >= 0) this.list.toIndex(index);
    this.lastTop = this.part("list").scrollTop;
    this.draw();
  }

  /** An instance that just turned up can be chosen as well. */
  offer(instance, words, owner) {
    const choice = this.part("instance");
    const value = String(instance);
    this.owners.set(value, owner);
    if ([...choice.options].some((option) => option.value === value)) return;
    const later = [...choice.options].find((option) => option.value !== "" && Number(option.value) > instance);
    choice.add(new Option(words, value), later ?? null);
  }

  draw() {
    this.part("count").textContent = this.lineCount ? counted(this.lineCount, "line", "lines") : "";
    this.part("follow").setAttribute("aria-pressed", String(this.follows));
    this.part("pause").setAttribute("aria-pressed", String(this.isPaused));
    const isBehind = this.isPaused ? this.held.length > 0 : !this.follows && !this.isAtEnd;
    const unseen = this.isPaused ? this.held.length : this.unseen;
    this.part("new").hidden = !isBehind;
    this.part("new").querySelector("span").textContent = unseen ? `${counted(unseen, "new line", "new lines")}` : "To the newest line";
    this.sayEmpty(this.window.lines.length ? "" : "No lines yet. What machines write appears here.");
  }

  sayEmpty(sentence) {
    let place = this.part("list").querySelector(".log-empty");
    if (!sentence) return place?.remove();
    if (!place) {
      place = document.createElement("p");
      place.className = "log-empty";
      this.part("list").append(place);
    }
    if (place.textContent !== sentence) place.textContent = sentence;
    return undefined;
  }
}
