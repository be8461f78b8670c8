// Dark or light pages: a cookie, so that the server draws the first picture right.

const A_YEAR = 365 * 24 * 3600; // s

export function startTheme() {
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("[data-theme-choice]")) return;
    const root = document.documentElement;
    const theme = root.dataset.theme === "light" ? "dark" : "light";
    root.dataset.theme = theme;
    document.querySelector("meta[name=color-scheme]").content = theme;
    document.cookie = `theme=${theme}; path=/; max-age=${A_YEAR}; samesite=lax`;
  });
}
