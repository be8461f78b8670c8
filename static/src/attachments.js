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

/** Their ids in the order of the page, and whether each is chosen. */
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
  const places = new Map([...kept.keys()].map((id, place) => [id, place]));
  const placeOf = (row) => places.get(row.querySelector("input[type=checkbox]")?.value) ?? kept.size;
  for (const box of form.querySelectorAll(BOXES)) box.checked = kept.get(box.value) ?? box.checked;
  for (const list of form.querySelectorAll(".attachment-list")) {
    const rows = [...list.children];
    const sorted = rows.toSorted((one, other) => placeOf(one) - placeOf(other));
    if (sorted.some((row, place) => row !== rows[place])) list.append(...sorted); // a row that is moved loses the focus
  }
}
