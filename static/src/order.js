// The order form: what it will give, and whose value each field holds. What was typed survives going back.

export function startOrders() {
  document.addEventListener("input", (event) => {
    const form = event.target.closest?.("[data-order]");
    if (!form) return;
    markYours(event.target);
    keep(form);
    sum(form);
  });
  document.addEventListener("htmx:after:swap", () => {
    for (const form of document.querySelectorAll("[data-order]")) {
      if (!form.dataset.isRestored) restore(form);
      sum(form);
    }
  });
  for (const form of document.querySelectorAll("[data-order]")) {
    restore(form);
    sum(form);
  }
}

function markYours(input) {
  const tag = input.closest(".field")?.querySelector("[data-origin]");
  if (tag) tag.textContent = "yours";
}

const keyOf = (form) => `order:${form.dataset.order}`;

function keep(form) {
  const typed = Object.fromEntries([...new FormData(form)].filter(([name]) => name !== "csrfmiddlewaretoken"));
  sessionStorage.setItem(keyOf(form), JSON.stringify(typed));
}

function restore(form) {
  form.dataset.isRestored = "yes";
  const typed = JSON.parse(sessionStorage.getItem(keyOf(form)) ?? "{}");
  for (const [name, value] of Object.entries(typed)) {
    const input = form.elements[name];
    if (!input || input.value === value) continue;
    if (input.tagName === "SELECT" && ![...input.options].some((option) => option.value === value)) continue;
    input.value = value;
    markYours(input);
    if (name === "frames") input.dispatchEvent(new Event("input", { bubbles: true })); // its echo is asked anew
  }
}

/** "24 pictures, 640 × 360 pixels, 2 s of film": from the echo of the frames and the percent. */
function sum(form) {
  const said = form.querySelector("#frames-echo [data-frame-count]");
  const count = said ? Number(said.dataset.frameCount) : null;
  const field = form.elements.resolution_percent;
  const percent = Number(field.value) || 100;
  const side = (pixels) => Math.floor((Number(pixels) * percent) / 100);
  form.querySelector("[data-sum-pixels]").textContent = `${side(field.dataset.width)} × ${side(field.dataset.height)}`;
  if (count === null) return;
  form.querySelector("[data-sum-frames]").textContent = count.toLocaleString("en");
  form.querySelector("[data-sum-noun]").textContent = count === 1 ? "picture" : "pictures";
  const length = form.querySelector("[data-sum-length]");
  const fps = Number(length.dataset.fps);
  length.textContent = count > 1 && fps ? `${(count / fps).toFixed(1)} s of film at ${fps} fps` : "one still";
}
