// Search in the whole log, also in what is not loaded: the server looks, this walks through what it found.

const TYPING_MS = 250;

export class LogSearch {
  constructor(panel) {
    this.panel = panel;
    this.hits = [];
    this.at = -1;
    const words = panel.part("words");
    words.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.look(words.value.trim()), TYPING_MS);
    });
    words.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      this.step(event.shiftKey ? -1 : 1);
    });
    panel.part("next").addEventListener("click", () => this.step(1));
    panel.part("previous").addEventListener("click", () => this.step(-1));
    panel.part("list").addEventListener("keydown", (event) => {
      // The browser's own search sees only the rows in sight.
      if ((event.ctrlKey || event.metaKey) && event.key === "f") {
        event.preventDefault();
        words.focus();
        words.select();
      }
    });
  }

  async look(words) {
    this.words = words;
    this.hits = [];
    this.at = -1;
    this.panel.list.words = words;
    if (words) {
      const found = await this.panel.window.search(words).catch(() => []);
      if (this.words !== words) return;
      this.hits = found;
    }
    this.panel.list.hit = null;
    this.panel.list.redraw();
    if (this.hits.length) await this.step(-1);
    this.say();
  }

  /** To the next hit or the one before; round at the ends. The first step shows the newest. */
  async step(by) {
    if (!this.hits.length) return;
    const from = this.at < 0 && by < 0 ? 0 : this.at;
    this.at = (from + by + this.hits.length) % this.hits.length;
    this.say();
    await this.panel.goTo(this.hits[this.at]);
  }

  say() {
    const place = this.panel.part("hits");
    if (!this.words) place.textContent = "";
    else if (!this.hits.length) place.textContent = "not found";
    else place.textContent = `${this.at + 1} of ${this.hits.length}${this.hits.length >= 2000 ? "+" : ""}`;
  }

  clear() {
    this.panel.part("words").value = "";
    return this.look("");
  }
}
