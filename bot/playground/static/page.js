// The page's one script: it sends what people do, and puts in what the server drew anew.
"use strict";

const body = document.body;
const me = { as: body.dataset.as, at: body.dataset.at };
const part = (id) => document.getElementById(id);
const drawn = { sidebar: null, content: null, modal: null, clock: null, arrival: null };

async function ask(act, what) {
  part("status").textContent = "";
  let said = "";
  try {
    const answer = await fetch(`/ui/${act}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ as: me.as, ...what }),
    });
    if (!answer.ok && answer.status !== 409) throw new Error(`${answer.status}`);
    said = (await answer.json()).said || "";
  } catch (error) {
    part("status").textContent = "The playground did not answer. Is it still running?";
  }
  await refresh();
  return said;
}

// Drawing

let drawing = false;
let stale = false;

async function refresh() {
  if (drawing) {
    stale = true;
    return;
  }
  drawing = true;
  do {
    stale = false;
    try {
      const answer = await fetch(`/ui/parts?as=${encodeURIComponent(me.as)}&at=${encodeURIComponent(me.at)}`);
      const parts = await answer.json();
      // The channel is gone or archived: the page is another place's now.
      if (parts.at !== me.at) return void location.replace(`/?as=${encodeURIComponent(me.as)}&at=${encodeURIComponent(parts.at)}`);
      put("sidebar", parts.sidebar);
      put("clock", parts.clock);
      if (put("arrival", parts.arrival)) part("clock-said").textContent = "";
      putContent(parts.content);
      putModal(parts.modal);
    } catch (error) {
      part("status").textContent = "Waiting for the playground…";
    }
  } while (stale);
  drawing = false;
}

function put(name, html) {
  const changed = drawn[name] !== html;
  drawn[name] = html;
  if (!changed) return false;
  const focus = focusPath(part(name));
  const typed = typedIn(part(name));
  const open = openMenus(part(name));
  part(name).innerHTML = html;
  keepTyped(part(name), typed);
  keepOpen(part(name), open);
  restoreFocus(part(name), focus);
  return true;
}

// A menu that somebody has just opened stays so while something else arrives.
function openMenus(root) {
  return [...root.querySelectorAll("details.bk-overflow[open]")].map(menuOf);
}

function keepOpen(root, open) {
  for (const one of root.querySelectorAll("details.bk-overflow")) {
    if (open.includes(menuOf(one))) one.open = true;
  }
}

function menuOf(details) {
  const { block, action } = (details.querySelector("[data-action]") || details).dataset;
  const view = details.closest("[data-view]"), message = details.closest("[data-ts]");
  return JSON.stringify([view && view.dataset.view, message && message.dataset.ts, block, action]);
}

function putContent(html) {
  const log = part("content").querySelector(".scroll");
  const atEnd = !log || log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  const where = log ? log.scrollTop : 0;
  if (!put("content", html)) return;
  const fresh = part("content").querySelector(".scroll");
  if (!fresh) return;
  fresh.scrollTop = atEnd && me.at !== "home" ? fresh.scrollHeight : where;
}

function putModal(html) {
  const dialog = part("modal");
  if (put("modal", html) && html) {
    const wrong = dialog.querySelector(".wrong .bk-field, .wrong input");
    if (dialog.open && wrong) wrong.focus();
  }
  if (html && !dialog.open) dialog.showModal();
  if (!html && dialog.open) dialog.close();
}

// What was typed in a view stays there while its fields keep their ids, as in Slack.

const FIELDS = "input[data-action], select[data-action], textarea[data-action]";

function typedIn(root) {
  const form = root.querySelector("[data-view]");
  return form && { view: form.dataset.view, values: valuesOf(form) };
}

function keepTyped(root, typed) {
  const form = root.querySelector("[data-view]");
  if (!typed || !form || form.dataset.view !== typed.view) return;
  for (const field of form.querySelectorAll(FIELDS)) {
    const value = (typed.values[field.dataset.block] || {})[field.dataset.action];
    if (value === undefined) continue;
    if (field.type === "checkbox") field.checked = value.includes(field.value);
    else if (field.type === "radio") field.checked = field.value === value;
    else if (field.tagName !== "SELECT" || [...field.options].some((one) => one.value === value)) field.value = value;
  }
}

function focusPath(root) {
  const one = document.activeElement;
  if (!one || !root.contains(one)) return null;
  const holder = one.closest("[data-view], [data-ts]");
  return {
    id: one.id,
    href: one.getAttribute("href"),
    holder: holder ? holder.dataset.view || holder.dataset.ts : "",
    block: one.dataset.block || "",
    action: one.dataset.action || "",
    choice: one.type === "checkbox" || one.type === "radio" ? one.value : "",
    cursor: one.matches("input[type=text], textarea") ? [one.selectionStart, one.selectionEnd] : null,
  };
}

function restoreFocus(root, path) {
  if (!path) return;
  for (const one of root.querySelectorAll("a, button, input, select, textarea, summary")) {
    const holder = one.closest("[data-view], [data-ts]");
    const same = path.id
      ? one.id === path.id
      : path.action
        ? one.dataset.block === path.block && one.dataset.action === path.action &&
          (!path.choice || one.value === path.choice) &&
          holder && (holder.dataset.view || holder.dataset.ts) === path.holder
        : path.href && one.getAttribute("href") === path.href;
    if (same) {
      one.focus({ preventScroll: true });
      if (path.cursor && one.setSelectionRange) one.setSelectionRange(...path.cursor);
      return;
    }
  }
}

// Reading what stands in fields

function valueOf(field, root) {
  const { block, action } = field.dataset;
  if (field.type === "checkbox" || field.type === "radio") {
    const group = [...root.querySelectorAll(`input[type=${field.type}]`)].filter(
      (one) => one.dataset.block === block && one.dataset.action === action && one.checked,
    );
    const values = group.map((one) => one.value);
    return field.type === "checkbox" ? values : values[0] || null;
  }
  return field.value;
}

function valuesOf(root) {
  const values = {};
  for (const field of root.querySelectorAll(FIELDS)) {
    const { block, action } = field.dataset;
    values[block] = values[block] || {};
    values[block][action] = valueOf(field, root);
  }
  return values;
}

function whereIs(element) {
  const view = element.closest("[data-view]");
  if (view) return { view: view.dataset.view, values: valuesOf(view) };
  const message = element.closest("[data-ts]");
  return { channel: message.dataset.channel, ts: message.dataset.ts };
}

// Acting

function confirmed(element) {
  if (!element.dataset.confirm) return Promise.resolve(true);
  const words = JSON.parse(element.dataset.confirm);
  const dialog = part("confirm");
  part("confirm-title").textContent = words.title;
  part("confirm-text").textContent = words.text;
  part("confirm-deny").textContent = words.deny;
  part("confirm-yes").textContent = words.confirm;
  part("confirm-yes").className = `bk-button ${words.style}`;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((decide) => {
    dialog.addEventListener("close", () => decide(dialog.returnValue === "confirm"), { once: true });
  });
}

async function use(element, value) {
  const { block, action, url } = element.dataset;
  const menu = element.closest("details.bk-overflow");
  if (menu) menu.open = false;
  if (!(await confirmed(element))) return takeBack(element);
  if (url && /^https?:/.test(url)) window.open(url, "_blank", "noopener,noreferrer");
  element.classList.add("busy");
  await ask("act", { ...whereIs(element), block, action, value });
  element.classList.remove("busy");
}

async function useShortcut(element) {
  element.closest("details").open = false;
  await ask("shortcut", { ...whereIs(element), shortcut: element.dataset.shortcut });
}

async function move(where) {
  part("clock-said").textContent = "";
  part("clock-said").textContent = await ask("move", where);
}

// Slack shows again what stood there before somebody thought better of it.
function takeBack(element) {
  if (element.type === "checkbox" || element.type === "radio") element.checked = element.defaultChecked;
  else if (element.tagName === "SELECT") {
    for (const one of element.options) one.selected = one.defaultSelected;
  } else if (element.tagName === "INPUT") element.value = element.defaultValue;
  drawn.content = null;
  return refresh();
}

document.addEventListener("click", (event) => {
  const jump = event.target.closest("[data-move]");
  if (jump) return void move({ by: jump.dataset.move });
  if (event.target.closest("[data-halt]")) return void ask("halt", {});
  const close = event.target.closest("[data-close]");
  if (close) return void ask("close", {});
  const shortcut = event.target.closest("[data-shortcut]");
  if (shortcut) return void useShortcut(shortcut);
  const button = event.target.closest("button[data-act]");
  if (button) use(button, button.dataset.value);
});

document.addEventListener("change", (event) => {
  if (event.target.id === "faults") return void ask("faults", { kind: event.target.value });
  if (!event.target.matches("input[data-act], select[data-act]")) return;
  const root = event.target.closest("[data-view], [data-ts]");
  use(event.target, valueOf(event.target, root));
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

document.addEventListener("submit", async (event) => {
  if (event.target.matches("[data-form=modal]")) {
    event.preventDefault();
    const button = event.target.querySelector("button[type=submit]");
    if (!button) return;
    button.disabled = true;
    await ask("submit", { values: valuesOf(event.target) });
    button.disabled = false;
  }
  if (event.target.id === "move") {
    event.preventDefault();
    move({ to: part("moment").value });
  }
  if (event.target.id === "composer") {
    event.preventDefault();
    send();
  }
});

async function send() {
  const box = part("box");
  const text = box.value;
  if (!text.trim()) return;
  box.value = "";
  await ask("send", { text, channel: body.dataset.channel });
  const log = part("content").querySelector(".scroll");
  if (log) log.scrollTop = log.scrollHeight;
}

if (part("box")) {
  part("box").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      send();
    }
  });
  part("box").disabled = false; // until here nobody heard an Enter in it
  part("box").focus();
}

part("modal").addEventListener("cancel", (event) => {
  if (event.target !== part("modal")) return;
  event.preventDefault();
  ask("close", {});
});

// Living

const log = part("content").querySelector("[role=log]");
if (log) log.scrollTop = log.scrollHeight;
if (part("modal").querySelector("form")) part("modal").showModal();

const stream = new EventSource("/ui/stream");
stream.addEventListener("message", refresh);
stream.addEventListener("open", () => { part("status").textContent = ""; });
stream.addEventListener("error", () => { part("status").textContent = "Waiting for the playground…"; });
setInterval(refresh, 30000); // the clock goes on though nothing changes
window.addEventListener("pagehide", () => stream.close());

if (me.at === "home" || me.at === "dm") {
  ask("opened", { tab: me.at === "home" ? "home" : "messages" });
}
