// The tour: six steps, each done by hand or by "Do it for me"; what happened underneath tells when.

import { isShown, show } from "./controls.js";
import { follow, listen, look } from "./feed.js";

const card = document.getElementById("tour");
const part = (id) => document.getElementById(id);
const parts = card ? [...card.querySelectorAll(".tour-part")] : [];
const STORE = "tokenbot-tour";
const UNDONE = "tokenbot-tour-undone";
const STEPS = 6;

// `at` is the last line that was seen before the tour began: what is older does not count.
let tour = read();

function read() {
  try {
    return JSON.parse(localStorage.getItem(STORE)) || begun();
  } catch {
    return begun();
  }
}

function begun() {
  return { on: true, past: [], done: [], epoch: "", at: 0 };
}

function keep() {
  localStorage.setItem(STORE, JSON.stringify(tour));
}

const isPast = (one) => tour.past.includes(one.dataset.part);
const current = () => parts.find((one) => !isPast(one));

// What happened

function hear(news) {
  if (!tour.on || news.busy.startsWith("Starting")) return;
  const newest = Math.max(0, ...news.kept);
  if (tour.epoch !== news.epoch) {
    // After a reset or a restart nothing of it has happened.
    const steps = tour.epoch ? { past: [], done: [] } : {};
    Object.assign(tour, steps, { epoch: news.epoch, at: newest });
    keep();
    draw();
  }
  const before = current();
  for (const line of news.lines) if (line.number > tour.at) meet(line);
  if (current() !== before) arrive(before);
  point();
}

function meet(line) {
  for (const one of parts) {
    const { part: name, kind, name: what, mood } = one.dataset;
    if (isPast(one) || line.kind !== kind || line.name !== what) continue;
    if (mood && line.mood !== mood) continue;
    tour.past.push(name);
    tour.done.push(name);
  }
}

function arrive(before) {
  keep();
  draw();
  const done = before && tour.done.includes(before.dataset.part) ? "Done. " : "";
  part("tour-said").textContent = `${done}${part("tour-title").textContent}. ${current().textContent.trim()}`;
}

// Drawing

function draw() {
  card.hidden = !tour.on;
  if (!tour.on) return point();
  const now = current();
  for (const one of parts) one.hidden = one !== now;
  const { step, title, who, person, at, say, points, part: name } = now.dataset;
  part("tour-title").textContent = step ? `Step ${step} of ${STEPS}: ${title}` : title;
  for (const dot of card.querySelectorAll("[data-dot]")) drawDot(dot, step);
  part("tour-be").hidden = !who || Boolean(paneOf(who, at));
  part("tour-be").textContent = person ? `Be ${person}` : "";
  part("tour-be").href = `/?as=${encodeURIComponent(who || "")}&at=${encodeURIComponent(at)}`;
  part("tour-do").hidden = !step;
  part("tour-do").textContent = say ? "Fill it in for me" : "Do it for me";
  part("tour-beside").hidden = name !== "approve";
  part("tour-skip").hidden = !step;
  part("tour-end").textContent = step ? "End the tour" : "Close";
  card.dataset.points = points || "";
  point();
}

function drawDot(dot, step) {
  const own = parts.filter((one) => one.dataset.step === dot.dataset.dot);
  const isDone = own.every((one) => tour.done.includes(one.dataset.part));
  const state = isDone ? "done" : own.every(isPast) ? "skipped" : dot.dataset.dot === step ? "now" : "";
  dot.dataset.state = state;
  dot.toggleAttribute("aria-current", state === "now");
  dot.querySelector(".tour-state").textContent = state && state !== "now" ? ` (${state})` : "";
}

// Where somebody is, if this page shows it.
function paneOf(who, at) {
  return [...document.querySelectorAll("[data-as][data-at]")].find((one) => one.dataset.as === who && one.dataset.at === at);
}

function go(who, at) {
  location.assign(`/?as=${encodeURIComponent(who)}&at=${encodeURIComponent(at)}`);
}

// Where to press, lit up as long as it is there.

const APPROVE = /^Approve \d/;
const inSimulate = (selector) => (isShown() ? document.querySelector(selector) : part("backstage-switch"));
const TARGETS = {
  box: (pane) => pane && pane.querySelector(".composer"),
  approve: (pane) => pane && [...pane.querySelectorAll("article button")].filter((one) => APPROVE.test(one.textContent.trim())).at(-1),
  usage: () => inSimulate("[data-simulate=usage]"),
  week: () => inSimulate("[data-move=week]"),
};

function point() {
  const now = tour.on && current().dataset;
  const target = now && TARGETS[now.points]?.(paneOf(now.who, now.at));
  for (const lit of document.querySelectorAll(".pointed-at")) if (lit !== target) lit.classList.remove("pointed-at");
  if (target) target.classList.add("pointed-at");
}

// Doing

function doIt() {
  const { who, at, say, points } = current().dataset;
  const pane = paneOf(who, at);
  if (who && !pane) {
    sessionStorage.setItem(UNDONE, current().dataset.part);
    return go(who, at);
  }
  if (say) return fill(pane.querySelector("textarea[name=text]"), say);
  if (!pane && !isShown()) show(true);
  const target = TARGETS[points](pane);
  if (target) target.click();
}

function fill(box, words) {
  box.value = words;
  box.dispatchEvent(new Event("input", { bubbles: true }));
  box.focus();
  part("tour-said").textContent = "It stands in the message box. Press Enter to send it.";
}

// What was to be done once somebody else is there.
function goOn() {
  const undone = sessionStorage.getItem(UNDONE);
  sessionStorage.removeItem(UNDONE);
  if (tour.on && undone === current().dataset.part) doIt();
}

function start() {
  tour = begun();
  keep();
  draw();
  part("tour-title").focus();
  look();
}

function end() {
  tour.on = false;
  keep();
  draw();
  part("tour-open").focus();
}

function skip() {
  const before = current();
  tour.past.push(before.dataset.part);
  arrive(before);
  part("tour-title").focus();
}

if (card) {
  part("tour-open").addEventListener("click", start);
  part("tour-do").addEventListener("click", doIt);
  part("tour-skip").addEventListener("click", skip);
  part("tour-end").addEventListener("click", end);
  document.addEventListener("playground:backstage", point);
  listen(hear);
  follow(() => tour.on);
  draw();
  document.addEventListener("playground:drawn", draw);
  setTimeout(goOn, 0);
} else {
  part("tour-open").hidden = true;
}
