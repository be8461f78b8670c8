// Libraries and add-ons in an order: their order is changed by a button; what was chosen survives going back.

const BOXES = ".attachment input[type=checkbox]";

export function startAttachments() {
  document.addEventListener("click", (event) => {
    const row = event.target.closest?.("[data-move-down]")?.closest("li");
    if (!row) return;
    const next = row.nextElementSibling;
    if (next) next.after(row);
    else row.parentElement.prepend(row);
    row.querySelector("[data-move-down]").focus();
    keep(row.closest("[data-order]"));
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches?.(BOXES)) keep(event.target.closest("[data-order]"));
  });
  document.addEventListener("htmx:after:swap", restoreAll);
  restoreAll();
}

const keyOf = (form) => `attachments:${form.dataset.order}`;

/** @returns {[string, boolean][]} ids in the order of the page, and whether each is chosen */
function keep(form) {
  const boxes = [...form.querySelectorAll(BOXES)].map((box) => [box.value, box.checked]);
  sessionStorage.setItem(keyOf(form), JSON.stringify(boxes));
}

function restoreAll() {
  for (const form of document.querySelectorAll("[data-order]")) restore(form);
}

/** What is new since then stays as the server proposes it, behind the others. */
function restore(form) {
  const kept = new Map(JSON.parse(sessionStorage.getItem(keyOf(form)) ?? "[]"));
  const boxes = new Map([...form.querySelectorAll(BOXES)].map((box) => [box.value, box]));
  const ids = [...kept.keys()].filter((id) => boxes.has(id));
  for (const id of ids) {
    boxes.get(id).checked = kept.get(id);
    place(boxes.get(id).closest("li"), ids, boxes);
  }
}

function place(row, ids, boxes) {
  const before = ids.slice(0, ids.indexOf(row.querySelector(BOXES.split(" ")[1]).value)).reverse();
  const neighbour = before.map((id) => boxes.get(id).closest("li")).find((other) => other.parentElement === row.parentElement);
  if (neighbour) neighbour.after(row);
  else row.parentElement.prepend(row);
}
