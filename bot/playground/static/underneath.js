// The panel: each act, and under it what came of it. All that is shown is put in as text.

import { isShown, show as showControls } from "./controls.js";
import { follow, listen, look } from "./feed.js";

const part = (id) => document.getElementById(id);
const panel = part("underneath");
const list = part("underneath-list");
const toggle = part("underneath-toggle");
const OPEN = "tokenbot-underneath";
const CHIPS = {
  act: "request", answer: "answer", call: "Web API", entry: "ledger", notice: "notice",
  time: "time", usage: "usage", own: "bot",
};
// Lines by their numbers: the button, and for heads the item with the list of what came of it.
const lines = new Map();
const groups = new Map();

function draw(news) {
  if (news.fresh) forget(() => true);
  for (const line of news.lines) put(line);
  const kept = new Set(news.kept);
  forget((number) => !kept.has(number));
  sift();
  part("underneath-empty").hidden = lines.size > 0;
}

function put(line) {
  const known = lines.get(line.number);
  const button = known || made("button", "under-line");
  button.type = "button";
  button.dataset.number = line.number;
  button.dataset.kind = line.kind;
  button.dataset.mood = line.mood;
  button.replaceChildren(
    made("span", "under-chip", CHIPS[line.kind]), made("span", "under-title", line.title),
    made("span", "under-note", line.note), made("time", "under-at", line.at),
  );
  if (known) return;
  lines.set(line.number, button);
  const group = groupOf(line);
  if (line.cause === line.number) return group.prepend(button);
  const item = made("li", "");
  item.append(button);
  group.lastElementChild.append(item);
}

// The head comes before what came of it: the group stands where its head belongs in time.
function groupOf({ cause, order }) {
  if (groups.has(cause)) return groups.get(cause);
  const group = made("li", "under-group");
  group.append(made("ol", "under-came"));
  groups.set(cause, group);
  const earlier = [...list.children].find((other) => Number(other.dataset.order) <= order);
  group.dataset.order = order;
  list.insertBefore(group, earlier || null);
  return group;
}

function forget(isGone) {
  for (const [number, button] of lines) {
    if (!isGone(number)) continue;
    lines.delete(number);
    const item = button.parentElement;
    item.classList.contains("under-group") ? button.remove() : item.remove();
  }
  for (const [cause, group] of groups) {
    if (group.querySelector("button")) continue;
    groups.delete(cause);
    group.remove();
  }
}

function sift() {
  const kinds = part("underneath-kind").value;
  for (const button of lines.values()) {
    button.hidden = Boolean(kinds) && !kinds.split(" ").includes(button.dataset.kind);
  }
  for (const group of groups.values()) group.hidden = !group.querySelector("button:not([hidden])");
}

function made(tag, name, words = "") {
  const one = document.createElement(tag);
  one.className = name;
  one.textContent = words;
  return one;
}

async function show(number) {
  const answer = await fetch(`/ui/underneath/${number}`);
  const whole = await answer.json();
  part("whole-title").textContent = whole.title || "It is gone";
  part("whole-note").textContent = whole.note || whole.said || "";
  part("whole-body").textContent = JSON.stringify(whole.detail ?? null, null, 2);
  part("whole-said").textContent = "";
  part("whole").showModal();
  part("whole-body").scrollTop = 0;
  part("whole-body").focus();
}

async function copy() {
  const body = part("whole-body");
  try {
    await navigator.clipboard.writeText(body.textContent);
    part("whole-said").textContent = "Copied.";
  } catch {
    getSelection().selectAllChildren(body);
    part("whole-said").textContent = "Selected: press Ctrl-C to copy it.";
  }
}

function open(isOpen, { focus = true } = {}) {
  panel.hidden = !isOpen;
  toggle.setAttribute("aria-expanded", String(isOpen));
  localStorage.setItem(OPEN, isOpen ? "open" : "");
  if (isOpen) {
    if (isShown()) showControls(false); // one of the two, so that there is room for the messages
    look();
  }
  if (focus) (isOpen ? part("underneath-close") : toggle).focus();
}

listen(draw);
follow(() => !panel.hidden);
document.addEventListener("playground:backstage", () => panel.hidden || open(false, { focus: false }));
toggle.addEventListener("click", () => open(panel.hidden));
part("underneath-close").addEventListener("click", () => open(false));
part("underneath-kind").addEventListener("change", sift);
panel.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  event.preventDefault();
  open(false);
});
list.addEventListener("click", (event) => {
  const line = event.target.closest("button.under-line");
  if (line) show(line.dataset.number);
});
part("whole-copy").addEventListener("click", copy);
part("whole").addEventListener("click", (event) => {
  if (event.target.closest("[data-whole-close]")) part("whole").close();
});
if (localStorage.getItem(OPEN)) open(true, { focus: false });
