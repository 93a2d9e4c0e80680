// Where the page's script begins.

import "./acting.js";
import { addressOf, correct, places } from "./address.js";
import "./controls.js";
import "./search.js";
import "./menus.js";
import "./keys.js";
import { paneOf, panes } from "./panes.js";
import { choose, find } from "./people.js";
import "./simulate.js";
import "./stream.js";
import "./theme.js";
import "./tour.js";
import "./underneath.js";

correct(panes);
for (const pane of panes) pane.begin();

document.addEventListener("click", (event) => {
  const place = event.target.closest("a[data-at]");
  const isPlain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.button);
  if (place && isPlain) {
    event.preventDefault();
    return void paneOf(place).go({ at: place.dataset.at });
  }
  const person = event.target.closest("[data-become]");
  if (person) return void choose(person);
  const more = event.target.closest("[data-more]");
  if (more) return void find(more.closest(".people-search").querySelector("input"), Number(more.dataset.more));
  if (event.target.closest("[data-older]")) return void paneOf(event.target).older();
  if (event.target.closest("[data-menu]")) return void paneOf(event.target).toggleMenu();
  if (event.target.closest("[data-menu-close]")) paneOf(event.target).closeMenu();
});

document.addEventListener("input", (event) => {
  if (event.target.matches("[data-find]")) find(event.target);
});

// One person, or two side by side: whoever is beside is not here already.
document.getElementById("split").addEventListener("click", (event) => {
  event.preventDefault();
  const left = panes[0];
  const [, right] = panes;
  const beside = (event.currentTarget.dataset.beside || "").split(" ").find((one) => one && one !== left.as);
  location.href = right || !beside ? addressOf([left]) : addressOf([left, { key: "right", as: beside, at: "dm" }]);
});

addEventListener("popstate", () => {
  const wanted = places();
  if (wanted.length !== panes.length) return location.reload();
  wanted.forEach(({ as, at }, nth) => panes[nth].go({ as: as || panes[nth].as, at: at || panes[nth].at }, { isStep: false }));
});
