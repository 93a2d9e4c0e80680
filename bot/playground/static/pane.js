// One person at one place: their sidebar, what is there, the message box, their modal.

import { push } from "./address.js";
import { Composer } from "./composer.js";
import { ask, panes, refresh } from "./panes.js";
import { patch } from "./patch.js";

const NEAR_END = 80;
const OLDER = 100;

export class Pane {
  constructor(root) {
    this.root = root;
    this.key = root.dataset.pane;
    this.as = root.dataset.as;
    this.at = root.dataset.at;
    this.channel = root.dataset.channel;
    this.newFrom = root.dataset.new;
    this.count = 0;
    this.wantsOlder = false;
    this.name = root.getAttribute("aria-label");
    this.title = "";
    this.arriving = null;
  }

  // Once all panes are known.
  begin() {
    this.composer = new Composer(this);
    this.toEnd();
    this.showModal();
    this.opened();
  }

  part(name) {
    return document.getElementById(`${this.key}-${name}`);
  }

  say(words) {
    this.part("status").textContent = words;
  }

  get log() {
    return this.part("content").querySelector(".scroll");
  }

  // What else the server must know to draw this pane.
  wishes() {
    const prefix = this.key === "left" ? "" : "and_";
    const query = new URLSearchParams();
    if (this.count) query.set(`${prefix}count`, this.count);
    if (this.newFrom !== null) query.set(`${prefix}new`, this.newFrom);
    return `&${query}`;
  }

  // Somebody else, or elsewhere; the rest of the page stays as it is.
  async go({ as = this.as, at = this.at }, { isStep = true } = {}) {
    this.closeMenu();
    if (as === this.as && at === this.at) return;
    const other = panes.find((one) => one !== this && one.as === as);
    this.composer.leave();
    if (other) other.trade(this);
    Object.assign(this, { as, at, newFrom: null, count: 0, channel: "" });
    this.composer.arrive();
    if (isStep) push(panes);
    this.arriving = refresh();
    await this.arriving;
    this.toEnd();
    this.rest();
    this.opened();
  }

  // Where the keyboard goes on: at the message box, or at what is here where there is none.
  rest() {
    if (this.composer.isShown) this.composer.focus();
    else this.part("content").focus({ preventScroll: true });
  }

  // Nobody stands beside themselves: whoever is taken from here is swapped.
  trade({ as, at }) {
    this.composer.leave();
    Object.assign(this, { as, at, newFrom: null, count: 0, channel: "" });
    this.composer.arrive();
  }

  opened() {
    if (this.at === "home" || this.at === "dm") ask(this, "opened", { tab: this.at === "home" ? "home" : "messages" });
  }

  draw(part) {
    Object.assign(this, { as: part.as, at: part.at, channel: part.channel, name: part.name, title: part.title });
    if (this.newFrom === null) this.newFrom = part.new;
    this.root.setAttribute("aria-label", part.name);
    patch(this.part("sidebar"), part.sidebar);
    patch(this.part("head"), part.head);
    this.drawContent(part);
    patch(this.part("modal"), part.modal);
    this.showModal();
    patch(this.part("closed"), part.closed);
    this.composer.name(part.writes ? part.title : "");
  }

  drawContent(part) {
    const before = this.log;
    const isAtEnd = !before || before.scrollHeight - before.scrollTop - before.clientHeight < NEAR_END;
    const below = before ? before.scrollHeight - before.scrollTop : 0;
    const isOlder = this.wantsOlder && part.count >= this.count;
    if (isOlder) this.wantsOlder = false;
    patch(this.part("content"), part.content);
    const log = this.log;
    if (isOlder) log.scrollTop = log.scrollHeight - below;
    else if (isAtEnd || log !== before) this.toEnd();
  }

  // The newest message; or the line above what is new, where that is further up.
  toEnd() {
    const log = this.log;
    if (!log || this.at === "home") return;
    log.scrollTop = log.scrollHeight;
    const line = log.querySelector(".new-line");
    if (line && line.offsetTop - log.offsetTop < log.scrollTop) log.scrollTop = line.offsetTop - log.offsetTop - 8;
  }

  older() {
    const shown = this.log.querySelectorAll("article").length;
    this.count = shown + OLDER;
    this.wantsOlder = true;
    return refresh();
  }

  // A modal lies over its own pane; beside it the other person goes on.
  showModal() {
    const dialog = this.part("modal");
    const form = dialog.querySelector("form");
    const isNew = form && dialog.dataset.view !== form.dataset.view;
    const title = form ? form.querySelector("h2") : null;
    const isRetitled = title && dialog.dataset.title !== title.textContent;
    this.part("modal").previousElementSibling.inert = Boolean(form);
    if (!form) {
      if (!dialog.open) return;
      dialog.close();
      delete dialog.dataset.view;
      delete dialog.dataset.title;
      dialog.removeAttribute("aria-labelledby");
      if (isNobody(document.activeElement)) this.rest();
      return;
    }
    dialog.dataset.view = form.dataset.view;
    dialog.dataset.title = title.textContent;
    dialog.setAttribute("aria-labelledby", title.id);
    if (!dialog.open) dialog.show();
    const wrong = dialog.querySelector(".wrong .bk-field, .wrong input");
    if (isNew) focusFirst(dialog);
    // What came of a form is read from its title; a second Enter must not press its first button.
    else if (isRetitled && isNobody(document.activeElement)) title.focus();
    else if (wrong && !dialog.contains(document.activeElement)) wrong.focus();
  }

  toggleMenu() {
    const isOpen = this.root.classList.toggle("menu-open");
    this.root.querySelector("[data-menu]").setAttribute("aria-expanded", `${isOpen}`);
    if (isOpen) (this.part("sidebar").querySelector("[aria-current]") || this.part("sidebar").querySelector("button, a")).focus();
  }

  closeMenu() {
    if (!this.root.classList.contains("menu-open")) return;
    this.toggleMenu();
    this.root.querySelector("[data-menu]").focus();
  }
}

function isNobody(element) {
  return !element || element === document.body;
}

function focusFirst(dialog) {
  const first =
    dialog.querySelector("[autofocus]") ||
    dialog.querySelector(".modal-body :is(input, select, textarea, button, [tabindex='0'])") ||
    dialog.querySelector("button[type=submit], .modal-foot button");
  if (first) first.focus();
}
