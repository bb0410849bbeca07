// The light/dark switch. The choice lives in a cookie, so that the server draws the right page at once.
const YEAR = 60 * 60 * 24 * 365;

function current() {
  return document.documentElement.dataset.bsTheme === "dark" ? "dark" : "light";
}

function show(button) {
  button.setAttribute("aria-pressed", String(current() === "dark"));
}

export function setTheme(theme) {
  document.cookie = `theme=${theme}; path=/; max-age=${YEAR}; samesite=lax`;
  document.documentElement.dataset.bsTheme = theme;
  document.querySelectorAll("[data-toggle-theme]").forEach(show);
}

export function watchTheme() {
  document.querySelectorAll("[data-toggle-theme]").forEach(show);
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-toggle-theme]")) setTheme(current() === "dark" ? "light" : "dark");
  });
}
