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
  const typed = {};
  for (const [name, value] of new FormData(form)) {
    if (name !== "csrfmiddlewaretoken" && form.elements[name]?.type !== "password") typed[name] = value;
  }
  sessionStorage.setItem(keyOf(form), JSON.stringify(typed));
}

function restore(form) {
  form.dataset.isRestored = "yes";
  const typed = JSON.parse(sessionStorage.getItem(keyOf(form)) ?? "{}");
  for (const [name, value] of Object.entries(typed)) {
    const input = form.elements[name];
    if (!isTyped(input) || input.value === value) continue;
    if (input.tagName === "SELECT" && ![...input.options].some((option) => option.value === value && !option.disabled)) continue;
    input.value = value;
    markYours(input);
    if (name === "frames") input.dispatchEvent(new Event("input", { bubbles: true })); // its echo is asked anew
    if (name === "profile") input.dispatchEvent(new Event("change", { bubbles: true })); // and so is what it asks
  }
}

/** One field of its own, no checkbox, no group of them, nothing hidden: those are the libraries' and add-ons' own. */
const isTyped = (input) => input instanceof HTMLElement && !["checkbox", "hidden"].includes(input.type);

/** "24 pictures, 640 × 360 pixels, 2 s of film": from the echo of the frames and what changes their size. */
function sum(form) {
  const pixels = form.querySelector("[data-sum-pixels]");
  if (!pixels) return;
  const chosen = (part, fallback) => Number(form.querySelector(`[data-sum="${part}"]`)?.value) || Number(fallback);
  const percent = chosen("percent", pixels.dataset.percent) || 100;
  const side = (part) => Math.floor((chosen(part, pixels.dataset[part]) * percent) / 100);
  pixels.textContent = `${side("width")} × ${side("height")}`;
  const said = form.querySelector("#frames-echo [data-frame-count]");
  if (!said) return;
  const count = Number(said.dataset.frameCount);
  form.querySelector("[data-sum-frames]").textContent = count.toLocaleString("en");
  form.querySelector("[data-sum-noun]").textContent = count === 1 ? "picture" : "pictures";
  const length = form.querySelector("[data-sum-length]");
  const fps = Number(length.dataset.fps);
  length.textContent = count > 1 && fps ? `${(count / fps).toFixed(1)} s of film at ${fps} fps` : "one still";
}
