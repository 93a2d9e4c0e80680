// The message box: what is typed stays until it is sent, also when the page is left.

import { Completion } from "./completion.js";
import { ask } from "./panes.js";

export class Composer {
  constructor(pane) {
    this.pane = pane;
    this.form = pane.part("composer");
    this.box = pane.part("box");
    this.completion = new Completion(pane, this.box);
    this.box.disabled = false; // until here nobody heard an Enter in it
    this.arrive();
    this.box.addEventListener("input", () => this.keep());
    this.box.addEventListener("keydown", (event) => this.hear(event));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    if (pane.key === "left") this.focus();
  }

  get drawer() {
    return `draft:${this.pane.as}:${this.pane.at}`;
  }

  keep() {
    if (this.box.value) sessionStorage.setItem(this.drawer, this.box.value);
    else sessionStorage.removeItem(this.drawer);
  }

  leave() {
    this.keep();
    this.completion.close();
  }

  arrive() {
    this.box.value = sessionStorage.getItem(this.drawer) || "";
  }

  get isShown() {
    return !this.form.hidden;
  }

  focus() {
    if (this.isShown && !matchMedia("(hover: none)").matches) this.box.focus({ preventScroll: true });
  }

  // Where it writes to; nowhere hides it.
  name(title) {
    this.form.hidden = !title;
    this.box.setAttribute("aria-label", `Message ${title}`);
    this.box.placeholder = `Message ${title}, or / for commands`;
  }

  hear(event) {
    if (event.isComposing || this.completion.hear(event)) return;
    if (event.key !== "Enter" || event.shiftKey) return;
    event.preventDefault();
    this.send();
  }

  async send() {
    const text = this.box.value;
    if (!text.trim()) return;
    this.box.value = "";
    this.leave();
    const drawer = this.drawer;
    await this.pane.arriving;
    this.pane.follows = true;
    const answer = await ask(this.pane, "send", { text, channel: this.pane.channel });
    if (answer.unsent) return this.giveBack(text, drawer);
    this.pane.toNewest();
  }

  // Nobody took it: it stands there again, before what was typed since, to be sent with another
  // Enter.
  giveBack(text, drawer) {
    const since = sessionStorage.getItem(drawer);
    const back = since ? `${text}\n` : text;
    sessionStorage.setItem(drawer, `${back}${since || ""}`);
    if (drawer === this.drawer) this.box.setRangeText(back, 0, 0, since ? "preserve" : "end");
  }
}
