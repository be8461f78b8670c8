// The frames as small pictures, in the order of their numbers.

import { parseItem } from "./parse.js";

export class FrameWall {
  constructor(list) {
    this.list = list;
    this.refresh();
  }

  /** Which pictures can be looked at, read from the page: also after another stretch was fetched. */
  refresh() {
    this.landed = [...this.list.querySelectorAll("[data-picture]")].map((item) => ({
      number: Number(item.dataset.number),
      picture: item.dataset.picture,
      link: item.dataset.link,
    }));
  }

  /** @returns the newest frame that landed just now, or undefined */
  update(frames) {
    let latest;
    for (const { number, html } of frames) {
      const fresh = parseItem(html);
      const old = document.getElementById(`frame-${number}`);
      const isNew = fresh.dataset.picture && !old?.dataset.picture;
      fresh.classList.toggle("is-new", Boolean(isNew));
      if (old) replace(old, fresh);
      else this.insert(number, fresh);
      if (isNew) latest = { number, picture: fresh.dataset.picture, link: fresh.dataset.link };
    }
    this.refresh();
    document.querySelector("[data-wall-empty]")?.remove();
    return latest;
  }

  /** A frame nobody had drawn yet; not one that belongs to a stretch that is still to be fetched. */
  insert(number, fresh) {
    const more = this.list.querySelector(".wall-more");
    const last = [...this.list.querySelectorAll("[data-number]")].at(-1);
    const later = [...this.list.querySelectorAll("[data-number]")].find((item) => Number(item.dataset.number) > number);
    if (!later && more && last) return;
    this.list.insertBefore(fresh, later ?? more);
  }
}

/** Keeps the keyboard's place when it is on the frame that changes. */
function replace(old, fresh) {
  const hadFocus = old.contains(document.activeElement);
  old.replaceWith(fresh);
  if (hadFocus) fresh.querySelector("a, button")?.focus();
}
