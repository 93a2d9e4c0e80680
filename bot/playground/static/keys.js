// The keyboard, where Slack has a key: arrows in lists, Alt and arrows between places, F6 between
// regions, Escape out of whatever is open.

import { ask, paneOf, panes } from "./panes.js";

const STEPS = { ArrowDown: 1, ArrowUp: -1 };
const FOCUSABLE = "a[href], button:not(:disabled), input:not(:disabled), summary, [tabindex='0']";

function step(items, from, by) {
  const place = items.indexOf(from);
  const next = place < 0 ? (by > 0 ? 0 : items.length - 1) : place + by;
  if (items[next]) items[next].focus();
}

// Down and up in the sidebar, and among messages.
function walk(event) {
  const by = STEPS[event.key];
  if (!by || event.altKey || event.target.matches("input, select, textarea")) return false;
  const list = event.target.closest(".people, .places");
  if (list) {
    step([...list.querySelectorAll("button, a, summary")].filter((one) => one.offsetParent), event.target, by);
    return true;
  }
  const log = event.target.closest("[role=log]");
  if (!log || (event.target !== log && !event.target.matches("article"))) return false;
  step([...log.querySelectorAll("article")], event.target, by);
  return true;
}

function nextPlace(event) {
  const by = STEPS[event.key];
  if (!by || !event.altKey) return false;
  const pane = paneOf(event.target);
  const places = [...pane.part("sidebar").querySelectorAll(".place[data-at]")];
  const here = places.findIndex((one) => one.dataset.at === pane.at);
  const next = places[(here + by + places.length) % places.length];
  pane.go({ at: next.dataset.at });
  return true;
}

function nextRegion(event) {
  if (event.key !== "F6") return false;
  const regions = [
    document.getElementById("rail"),
    ...panes.flatMap((one) => [one.part("modal"), one.part("sidebar"), one.part("content"), one.part("composer")]),
    document.getElementById("backstage"),
    document.getElementById("underneath"),
  ].filter((one) => !one.closest("[inert]") && one.getClientRects().length && one.querySelector(FOCUSABLE));
  const here = regions.findIndex((one) => one.contains(event.target));
  const next = regions[(here + (event.shiftKey ? -1 : 1) + regions.length) % regions.length];
  (next.querySelector("textarea") || next.querySelector("[aria-current]") || next.querySelector(FOCUSABLE)).focus();
  return true;
}

function escape(event) {
  if (event.key !== "Escape" || document.querySelector("dialog:modal")) return false;
  const menu = event.target.closest("details[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
    return true;
  }
  const pane = event.target.closest("[data-pane]") ? paneOf(event.target) : panes.find((one) => one.part("modal").open) || panes[0];
  if (pane.part("modal").open) ask(pane, "close", {});
  else if (pane.root.classList.contains("menu-open")) pane.closeMenu();
  else if (event.target.closest(".scroll")) pane.composer.focus();
  else return false;
  return true;
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.defaultPrevented) return;
  if (walk(event) || nextPlace(event) || nextRegion(event) || escape(event)) event.preventDefault();
});
