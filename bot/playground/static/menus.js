// The menu behind ⋯ by keyboard, and gone once one goes elsewhere.

const MENU = "details.bk-overflow";
const FIRST = { ArrowDown: 0, Home: 0, ArrowUp: -1, End: -1 };

function step(menu, key) {
  const items = [...menu.querySelectorAll(".bk-menu button")];
  const here = items.indexOf(document.activeElement);
  const by = { ArrowDown: 1, ArrowUp: -1 }[key];
  const next = here < 0 || !by ? items.at(FIRST[key]) : items[(here + by + items.length) % items.length];
  next.focus();
}

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest(MENU);
  if (!menu || !(event.key in FIRST)) return;
  event.preventDefault();
  menu.open = true;
  step(menu, event.key);
});

function closeOthers(but) {
  for (const menu of document.querySelectorAll(`${MENU}[open]`)) if (menu !== but) menu.open = false;
}

document.addEventListener("click", (event) => closeOthers(event.target.closest(MENU)));
document.addEventListener("focusin", (event) => closeOthers(event.target.closest(MENU)));
