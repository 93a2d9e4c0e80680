// Looking for somebody among many: to be them, or to write to them.

import { ask, paneOf } from "./panes.js";

let asked = 0;

export async function find(field, page = 0) {
  const found = field.parentElement.querySelector("[data-found]");
  const mine = ++asked;
  const pane = paneOf(field);
  if (!field.value.trim()) return found.replaceChildren();
  const query = new URLSearchParams({ as: pane.as, word: field.value, page });
  const answer = await fetch(`/ui/people?${query}`).catch(() => null);
  if (!answer || !answer.ok || mine !== asked) return;
  const { people, has_more } = await answer.json();
  if (page) found.querySelector("[data-more]").remove();
  else found.replaceChildren();
  found.insertAdjacentHTML("beforeend", people);
  for (const one of found.querySelectorAll("[data-become]")) one.dataset.for = field.dataset.find;
  if (has_more) found.append(moreButton(page + 1));
  if (!found.children.length) found.textContent = "Nobody is called so.";
}

function moreButton(page) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "more-people", textContent: "Show more people" });
  button.dataset.more = page;
  return button;
}

// A click on somebody in a list.
export async function choose(button) {
  const pane = paneOf(button);
  const field = button.closest(".people-search")?.querySelector("input");
  if (field) {
    field.value = "";
    field.parentElement.querySelector("[data-found]").replaceChildren();
  }
  if (button.dataset.for !== "dm") return pane.go({ as: button.dataset.become });
  button.closest("details")?.removeAttribute("open");
  const answer = await ask(pane, "dm", { with: button.dataset.become });
  if (answer.at) await pane.go({ at: answer.at });
}
