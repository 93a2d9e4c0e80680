// Light or dark: as the machine has it, until somebody chooses; the server hears it by a cookie, so
// that the page comes in the right colours from the start.

const button = document.getElementById("theme");
const root = document.documentElement;
const machine = matchMedia("(prefers-color-scheme: dark)");
const YEAR_SECONDS = 365 * 24 * 3600;

function isDark() {
  return root.dataset.theme ? root.dataset.theme === "dark" : machine.matches;
}

function tell() {
  button.setAttribute("aria-pressed", `${isDark()}`);
}

button.addEventListener("click", () => {
  root.dataset.theme = isDark() ? "light" : "dark";
  document.cookie = `theme=${root.dataset.theme}; path=/; max-age=${YEAR_SECONDS}; samesite=strict`;
  tell();
});
machine.addEventListener("change", tell);
tell();
