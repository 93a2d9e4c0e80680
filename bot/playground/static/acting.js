// Buttons, menus, fields and forms of Block Kit, sent as Slack's client sends them.

import { blockNow, placeOf, stateOf, takeBack, valueOf, valuesOf, whereIs } from "./fields.js";
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

// The acts of one message or view go one after the other: each is answered, and drawn, before the
// next is sent with what stands there then, so that none is lost to an answer of the one before.
const turns = new Map();

function inTurn(place, act) {
  const before = turns.get(place) || Promise.resolve();
  const mine = before.catch(() => {}).then(act);
  turns.set(place, mine);
  mine.finally(() => { if (turns.get(place) === mine) turns.delete(place); });
  return mine;
}

export async function use(element, value) {
  const isButton = element.tagName === "BUTTON";
  if (isButton && element.classList.contains("busy")) return undefined;
  const { url } = element.dataset;
  const menu = element.closest("details.bk-overflow");
  if (menu) menu.open = false;
  if (!(await confirmed(element))) {
    takeBack(element);
    return refresh();
  }
  if (url && /^https?:/.test(url)) window.open(url, "_blank", "noopener,noreferrer");
  const pane = paneOf(element);
  const place = placeOf(element);
  const where = whereIs(element); // as long as one looks elsewhere
  const { block, action } = element.dataset;
  element.classList.add("busy");
  await inTurn(place, () => {
    // A field that was drawn anew may be in a block of another id; a button there would be another.
    const now = isButton ? block : blockNow(place, block, action);
    return ask(pane, "act", { ...where, ...stateOf(place), block: now, action, value });
  });
  element.classList.remove("busy");
}

async function useShortcut(element) {
  element.closest("details").open = false;
  const { shortcut } = element.dataset;
  const pane = paneOf(element);
  const where = whereIs(element);
  await inTurn(placeOf(element), () => ask(pane, "shortcut", { ...where, shortcut }));
}

async function submit(form) {
  const button = form.querySelector("button[type=submit]");
  if (!button || button.disabled) return;
  button.disabled = true;
  const pane = paneOf(form);
  await inTurn(placeOf(form), () => form.isConnected && ask(pane, "submit", { values: valuesOf(form) }));
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
