// One person at one place: their sidebar, what is there, the message box, their modal.

import { push } from "./address.js";
import { Composer } from "./composer.js";
import { ask, panes, refresh } from "./panes.js";
import { patch } from "./patch.js";

const NEAR_END = 80;
const ABOVE = 8;
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
    // Whether the newest is shown as it comes: what is long is shown from its top, so that where
    // one stands doesn't tell.
    this.follows = true;
    this.placed = 0;
  }

  // Once all panes are known.
  begin() {
    this.composer = new Composer(this);
    this.root.addEventListener("scroll", (event) => this.scrolled(event.target), true);
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
    const from = document.activeElement;
    this.arriving = refresh();
    await this.arriving;
    this.toEnd();
    const wentOn = document.activeElement !== from && isField(document.activeElement);
    if (!wentOn) this.rest();
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
    const known = before && newest(before);
    const was = before ? { isAtEnd: isAtEnd(before), below: before.scrollHeight - before.scrollTop, key: keyOf(known), isTall: isTall(known, before) } : {};
    const isOlder = this.wantsOlder && part.count >= this.count;
    if (isOlder) this.wantsOlder = false;
    patch(this.part("content"), part.content);
    const log = this.log;
    const last = newest(log);
    // What came just now, or became longer than there is room for, is read from its top.
    const isNew = keyOf(last) !== was.key || (isTall(last, log) && !was.isTall);
    if (isOlder) this.scrollTo(log.scrollHeight - was.below);
    else if (log !== before || (this.follows && isNew)) this.toEnd();
    else if (was.isAtEnd && this.at !== "home") this.scrollTo(log.scrollHeight);
  }

  // The newest message; or the line above what is new, where that is further up.
  toEnd() {
    if (!this.log || this.at === "home") return;
    this.toNewest();
    const line = this.log.querySelector(".new-line");
    if (line && topOf(line, this.log) < this.log.scrollTop) this.scrollTo(topOf(line, this.log) - ABOVE);
  }

  // The end; or where the newest message begins, if it has no room. What comes next is followed.
  toNewest() {
    const last = newest(this.log);
    this.follows = true;
    this.scrollTo(isTall(last, this.log) ? topOf(last, this.log) - ABOVE : this.log.scrollHeight);
  }

  scrollTo(top) {
    this.log.scrollTop = top;
    this.placed = this.log.scrollTop;
  }

  // Who scrolls up stays there, until they are at the end again.
  scrolled(log) {
    if (log !== this.log || Math.abs(log.scrollTop - this.placed) < 1) return;
    this.placed = log.scrollTop;
    this.follows = isAtEnd(log);
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
    const before = document.activeElement;
    const isElsewhere = isField(before) && !this.root.contains(before);
    if (!dialog.open) dialog.show();
    if (isElsewhere) return before.focus({ preventScroll: true }); // showing took it away
    const wrong = dialog.querySelector(".wrong .bk-field, .wrong input");
    if (isNew) focusFirst(dialog);
    // What came of a form is read from its title; a second Enter must not press its first button.
    else if (isRetitled && isNobody(document.activeElement)) title.focus();
    else if (wrong && isNobody(document.activeElement)) wrong.focus();
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

function newest(log) {
  return [...log.querySelectorAll("article")].at(-1);
}

function keyOf(message) {
  return message?.dataset.key;
}

function topOf(element, log) {
  return element.offsetTop - log.offsetTop;
}

function isTall(message, log) {
  return Boolean(message) && message.offsetHeight + ABOVE > log.clientHeight;
}

function isAtEnd(log) {
  return log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_END;
}

function isNobody(element) {
  return !element || element === document.body;
}

// Whoever types there goes on: letters must not land elsewhere in mid-word.
function isField(element) {
  return Boolean(element?.matches("input, select, textarea"));
}

function focusFirst(dialog) {
  const first =
    dialog.querySelector("[autofocus]") ||
    dialog.querySelector(".modal-body :is(input, select, textarea, button, [tabindex='0'])") ||
    dialog.querySelector("button[type=submit], .modal-foot button");
  if (first) first.focus();
}
