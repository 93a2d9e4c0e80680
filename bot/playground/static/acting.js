// Buttons, menus, fields and forms of Block Kit, sent as Slack's client sends them.

import { takeBack, valueOf, valuesOf, whereIs } from "./fields.js";
import { ask, paneOf, refresh } from "./panes.js";

function confirmed(element) {
  if (!element.dataset.confirm) return Promise.resolve(true);
  const words = JSON.parse(element.dataset.confirm);
  const dialog = document.getElementById("confirm");
  for (const name of ["title", "text", "deny"]) document.getElementById(`confirm-${name}`).textContent = words[name];
  const yes = document.getElementById("confirm-yes");
  yes.textContent = words.confirm;
  yes.className = `bk-button ${words.style}`;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((decide) => {
    dialog.addEventListener("close", () => decide(dialog.returnValue === "confirm"), { once: true });
  });
}

export async function use(element, value) {
  if (element.classList.contains("busy")) return undefined;
  const { block, action, url } = element.dataset;
  const menu = element.closest("details.bk-overflow");
  if (menu) menu.open = false;
  if (!(await confirmed(element))) {
    takeBack(element);
    return refresh();
  }
  if (url && /^https?:/.test(url)) window.open(url, "_blank", "noopener,noreferrer");
  element.classList.add("busy");
  await ask(paneOf(element), "act", { ...whereIs(element), block, action, value });
  element.classList.remove("busy");
}

async function useShortcut(element) {
  element.closest("details").open = false;
  await ask(paneOf(element), "shortcut", { ...whereIs(element), shortcut: element.dataset.shortcut });
}

async function submit(form) {
  const button = form.querySelector("button[type=submit]");
  if (!button) return;
  button.disabled = true;
  await ask(paneOf(form), "submit", { values: valuesOf(form) });
  button.disabled = false;
}

document.addEventListener("click", (event) => {
  const close = event.target.closest("[data-close]");
  if (close) return void ask(paneOf(close), "close", { all: close.dataset.close === "all" });
  const shortcut = event.target.closest("[data-shortcut]");
  if (shortcut) return void useShortcut(shortcut);
  const button = event.target.closest("button[data-act]");
  if (button) use(button, button.dataset.value);
});

document.addEventListener("change", (event) => {
  if (!event.target.matches("input[data-act], select[data-act]")) return;
  use(event.target, valueOf(event.target, event.target.closest("[data-view], [data-ts]")));
});

document.addEventListener("keydown", (event) => {
  const hears = event.target.dataset.hears || "";
  if (event.key !== "Enter" || event.isComposing || !hears.includes("on_enter_pressed")) return;
  if (event.target.tagName === "TEXTAREA" && !event.ctrlKey && !event.metaKey) return;
  event.preventDefault();
  use(event.target, event.target.value);
});

document.addEventListener("input", (event) => {
  if ((event.target.dataset.hears || "").includes("on_character_entered")) use(event.target, event.target.value);
});

document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-form=modal]")) return;
  event.preventDefault();
  submit(event.target);
});
