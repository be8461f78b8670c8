// Dialogs are opened and closed by buttons that name them; texts are copied by buttons that name them.

export function startDialogs() {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("[data-opens], [data-closes], [data-copies]");
    if (!button) return;
    if ("opens" in button.dataset) document.getElementById(button.dataset.opens)?.showModal();
    else if ("closes" in button.dataset) button.closest("dialog")?.close();
    else await copy(button);
  });
  document.addEventListener("click", (event) => {
    if (event.target.matches?.("dialog[open]")) event.target.close(); // a click beside it
  });
}

async function copy(button) {
  const text = document.getElementById(button.dataset.copies).textContent;
  const words = button.querySelector("span") ?? button;
  const before = words.textContent;
  words.textContent = (await copied(text)) ? "Copied" : "Select it and copy";
  setTimeout(() => (words.textContent = before), 2000);
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
