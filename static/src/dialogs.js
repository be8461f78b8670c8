// Dialogs are opened and closed by buttons that name them; texts are copied by buttons that name them.

export function startDialogs() {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("[data-opens], [data-closes], [data-copy]");
    if (!button) return;
    if ("opens" in button.dataset) document.getElementById(button.dataset.opens)?.showModal();
    else if ("closes" in button.dataset) button.closest("dialog")?.close();
    else await copy(button);
  });
  document.addEventListener("click", (event) => {
    if (event.target.matches?.("dialog[open]")) event.target.close(); // a click beside it
  });
}

/** Copies the text of what `data-copy` selects, and says so over the button (static/css/components.css). */
async function copy(button) {
  const text = document.querySelector(button.dataset.copy).textContent;
  button.dataset.said = (await copied(text)) ? "Copied" : "Select it and copy";
  sayAloud(button.dataset.said);
  setTimeout(() => delete button.dataset.said, 2000);
}

function sayAloud(words) {
  let place = document.getElementById("said-aloud");
  if (!place) {
    place = document.createElement("p");
    Object.assign(place, { id: "said-aloud", className: "visually-hidden", role: "status" });
    document.body.append(place);
  }
  place.textContent = words;
}

/** On plain http there is no clipboard interface; the old command still works. */
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "visually-hidden";
    document.body.append(area);
    area.select();
    const worked = document.execCommand("copy");
    area.remove();
    return worked;
  }
}
