// Menus of very many: what goes by the typed letters is fetched, and chosen by mouse or arrows.

import { use } from "./acting.js";
import { whereIs } from "./fields.js";
import { paneOf } from "./panes.js";

let asked = 0;

const boxOf = (search) => search.querySelector("[role=combobox]");
const listOf = (search) => search.querySelector("[role=listbox]");

function close(search) {
  listOf(search).replaceChildren();
  boxOf(search).setAttribute("aria-expanded", "false");
  boxOf(search).removeAttribute("aria-activedescendant");
}

async function open(search) {
  const mine = ++asked;
  const { block, action } = search.dataset;
  const where = { ...whereIs(search), values: undefined };
  const answer = await fetch("/ui/offered", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ as: paneOf(search).as, ...where, block, action, typed: boxOf(search).value }),
  }).catch(() => null);
  if (!answer || !answer.ok || mine !== asked || document.activeElement !== boxOf(search)) return;
  const { offered, left_out } = await answer.json();
  listOf(search).replaceChildren(...offered.map(([id, words], nth) => option(search, id, words, nth)));
  if (left_out) listOf(search).append(note(`${left_out.toLocaleString("en")} more: type on`));
  if (!offered.length) listOf(search).append(note("Nobody and nothing is called so."));
  boxOf(search).setAttribute("aria-expanded", "true");
  mark(search, offered.length ? 0 : -1);
  listOf(search).scrollIntoView({ block: "nearest" });
}

function option(search, id, words, nth) {
  const item = document.createElement("li");
  item.id = `${listOf(search).id}-${nth}`;
  item.setAttribute("role", "option");
  item.dataset.value = id;
  item.textContent = words;
  return item;
}

function note(words) {
  const item = document.createElement("li");
  item.className = "bk-found-note";
  item.setAttribute("role", "presentation");
  item.textContent = words;
  return item;
}

function mark(search, nth) {
  const items = [...listOf(search).querySelectorAll("[role=option]")];
  items.forEach((one, place) => one.setAttribute("aria-selected", `${place === nth}`));
  if (!items[nth]) return;
  boxOf(search).setAttribute("aria-activedescendant", items[nth].id);
  items[nth].scrollIntoView({ block: "nearest" });
}

function choose(search, item) {
  const isMany = "many" in search.dataset;
  const before = isMany ? [...search.querySelectorAll("input[type=checkbox]:checked")].map((one) => one.value) : [];
  boxOf(search).value = isMany ? "" : item.textContent;
  close(search);
  const hidden = search.querySelector("input[type=hidden]");
  if (hidden) hidden.value = item.dataset.value;
  use(search, isMany ? [...new Set([...before, item.dataset.value])] : item.dataset.value);
}

document.addEventListener("input", (event) => {
  const search = event.target.matches("[role=combobox]") && event.target.closest("[data-search]");
  if (search) open(search);
});

document.addEventListener("click", (event) => {
  const item = event.target.closest("[data-search] [role=option]");
  if (item) return void choose(item.closest("[data-search]"), item);
  const box = event.target.closest("[data-search] [role=combobox]");
  if (box) open(box.closest("[data-search]"));
});

// Words that name nobody go again: what is chosen is what stands there.
document.addEventListener("focusout", (event) => {
  const search = event.target.closest("[data-search]");
  if (!search || !event.target.matches("[role=combobox]")) return;
  const stays = event.relatedTarget && search.contains(event.relatedTarget);
  if (!stays) setTimeout(() => leave(search), 150); // a click on a name comes after this
});

function leave(search) {
  if (!search.isConnected || search.contains(document.activeElement)) return;
  close(search);
  const box = boxOf(search), hidden = search.querySelector("input[type=hidden]");
  if (!hidden || !hidden.value) box.value = "";
  else if (hidden.value === hidden.defaultValue) box.value = box.defaultValue;
}

document.addEventListener("keydown", (event) => {
  const search = event.target.matches("[role=combobox]") && event.target.closest("[data-search]");
  if (!search || event.isComposing) return;
  const items = [...listOf(search).querySelectorAll("[role=option]")];
  const here = items.findIndex((one) => one.getAttribute("aria-selected") === "true");
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (by && !items.length) open(search);
  else if (by) mark(search, (here + by + items.length) % items.length);
  else if (event.key === "Enter") items[here] && choose(search, items[here]);
  else if (event.key === "Escape" && listOf(search).children.length) close(search);
  else return;
  event.preventDefault();
  event.stopImmediatePropagation();
});
