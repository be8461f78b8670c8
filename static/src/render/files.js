// The files of a task without pictures, in the order of their names.

import { parseItem } from "./parse.js";

export class Files {
  constructor(section) {
    this.list = section.querySelector("[data-files-list]");
    this.sum = section.querySelector("[data-files-sum]");
  }

  take(message) {
    for (const { key, html } of message.files ?? []) {
      const fresh = parseItem(html);
      document.getElementById(fresh.id)?.remove();
      const later = [...this.list.children].find((item) => item.dataset.key > key);
      this.list.insertBefore(fresh, later ?? null);
    }
    if (message.files_sum) this.sum.textContent = message.files_sum;
  }

  refresh() {}
}
