// Time and failures.

import { ask, panes } from "./panes.js";

const said = document.getElementById("clock-said");

async function move(where) {
  said.textContent = "";
  said.textContent = (await ask(panes[0], "move", where)).said || "";
}

document.addEventListener("click", (event) => {
  const jump = event.target.closest("[data-move]");
  if (jump) return void move({ by: jump.dataset.move });
  if (event.target.closest("[data-halt]")) ask(panes[0], "halt", {});
});

document.addEventListener("submit", (event) => {
  if (event.target.id !== "move") return;
  event.preventDefault();
  move({ to: document.getElementById("moment").value });
});

let arrival = document.getElementById("arrival").textContent;
document.addEventListener("playground:drawn", ({ detail }) => {
  if (detail.arrival === arrival) return;
  arrival = detail.arrival;
  said.textContent = "";
});

// The panel itself: open where there is room, unless somebody chose.

const button = document.getElementById("backstage-switch");
const panel = document.getElementById("backstage");

export function isShown() {
  return getComputedStyle(panel).display !== "none";
}

export function show(isOpen) {
  document.body.dataset.backstage = isOpen ? "open" : "closed";
  sessionStorage.setItem("backstage", document.body.dataset.backstage);
  tell();
  if (isOpen) document.dispatchEvent(new Event("playground:backstage"));
}

function tell() {
  button.setAttribute("aria-expanded", `${isShown()}`);
}

button.addEventListener("click", () => show(!isShown()));
const chosen = sessionStorage.getItem("backstage");
if (chosen) document.body.dataset.backstage = chosen;
addEventListener("resize", tell);
tell();
