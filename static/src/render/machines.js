// The instances as cards: at work first, finished ones on request.

import { parseItem } from "./parse.js";

export class Machines {
  /** @param {(instance: number, title: string, owner: string) => void} met called for every instance that turns up */
  constructor(section, met) {
    this.list = section.querySelector("[data-machines]");
    this.toggle = section.querySelector("[data-machines-toggle]");
    this.met = met;
    this.toggle.addEventListener("click", () => this.showAll(!("all" in this.list.dataset)));
  }

  showAll(isAll) {
    if (isAll) this.list.dataset.all = "";
    else delete this.list.dataset.all;
    this.toggle.setAttribute("aria-pressed", String(isAll));
  }

  update(machines) {
    for (const { instance, html } of machines) {
      const fresh = parseItem(html);
      const old = document.getElementById(`machine-${instance}`);
      if (old) {
        old.replaceWith(fresh);
      } else {
        const later = [...this.list.children].find((item) => Number(item.dataset.instance) > instance);
        this.list.insertBefore(fresh, later ?? null);
      }
      this.met(instance, fresh.querySelector(".machine-name").textContent, fresh.dataset.owner);
    }
  }
}
