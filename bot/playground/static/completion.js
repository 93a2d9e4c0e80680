// The list above the message box: commands after /, people after @, channels after #.

const AGAIN_MS = 300;
const COMBOBOX = { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "true" };

export class Completion {
  constructor(pane, box) {
    this.pane = pane;
    this.box = box;
    this.panel = pane.part("completion");
    this.list = pane.part("options");
    this.hints = pane.part("hints");
    this.active = -1;
    this.offer = null;
    this.asked = 0;
    box.addEventListener("input", () => this.look());
    box.addEventListener("blur", () => this.close());
    this.list.addEventListener("mousedown", (event) => {
      event.preventDefault(); // the box keeps the focus
      const option = event.target.closest("[role=option]");
      if (option) this.choose([...this.list.children].indexOf(option));
    });
  }

  get isOpen() {
    return !this.panel.hidden;
  }

  // What stands before the cursor.
  get typed() {
    return this.box.value.slice(0, this.box.selectionStart);
  }

  async look({ isAgain = false } = {}) {
    const text = this.typed;
    const mine = ++this.asked;
    if (!/^\/|(^|\s)[@#][^\s@#]*$/.test(text)) return this.close();
    const query = new URLSearchParams({ as: this.pane.as, text });
    const answer = await fetch(`/ui/complete?${query}`).catch(() => null);
    const offer = answer && answer.ok ? await answer.json().catch(() => null) : null;
    // It may have been sent while the answer was being read: its list would cover what came.
    if (mine !== this.asked) return;
    if (offer) return this.show(offer, text);
    // What was cut off is asked for once more; a list of what stood there before would mislead.
    if (isAgain) return this.close();
    setTimeout(() => { if (mine === this.asked) this.look({ isAgain: true }); }, AGAIN_MS);
  }

  show(offer, text) {
    if (!offer.options.length && !offer.hints.length) return this.close();
    Object.assign(this, { offer, text });
    this.hints.replaceChildren(...offer.hints.map((one) => line("p", one)));
    this.list.replaceChildren(...offer.options.map((one, nth) => this.option(one, nth)));
    this.list.hidden = !offer.options.length;
    this.panel.hidden = false;
    this.beCombobox(!this.list.hidden);
    if (!this.list.hidden) this.mark(offer.is_whole ? -1 : 0);
  }

  option(one, nth) {
    const option = line("li", one);
    option.id = `${this.list.id}-${nth}`;
    option.setAttribute("role", "option");
    return option;
  }

  mark(nth) {
    const options = [...this.list.children];
    this.active = nth;
    options.forEach((one, place) => one.setAttribute("aria-selected", `${place === nth}`));
    if (nth < 0) return this.box.removeAttribute("aria-activedescendant");
    this.box.setAttribute("aria-activedescendant", options[nth].id);
    options[nth].scrollIntoView({ block: "nearest" });
  }

  // Whether the key was for the list.
  hear(event) {
    if (!this.isOpen) return false;
    if (event.key === "Escape") {
      this.close();
      return taken(event);
    }
    const many = this.list.hidden ? 0 : this.list.children.length;
    // A list that is older than the text is not what somebody chooses from.
    if (!many || this.text !== this.typed) return false;
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    if (event.key === "ArrowDown") this.mark((this.active + 1) % many);
    else if (event.key === "ArrowUp") this.mark((Math.max(this.active, 0) + many - 1) % many);
    else if (event.key === "Tab" && !event.shiftKey) this.choose(Math.max(this.active, 0));
    else if (event.key === "Enter" && !event.shiftKey && this.active >= 0) this.choose(this.active);
    else return false;
    return taken(event);
  }

  choose(nth) {
    const { insert } = this.offer.options[nth];
    // To where the cursor is now: somebody may have typed on since the list came.
    this.box.setRangeText(insert, this.offer.start, this.box.selectionStart, "end");
    this.close();
    this.box.dispatchEvent(new Event("input", { bubbles: true }));
  }

  close() {
    this.asked += 1;
    if (!this.isOpen) return;
    this.panel.hidden = true;
    this.beCombobox(false);
  }

  // A text box, and while there is something to choose a combobox: a box of many lines can't be one
  // for good.
  beCombobox(isOne) {
    for (const [name, value] of Object.entries({ ...COMBOBOX, "aria-controls": this.list.id })) {
      if (isOne) this.box.setAttribute(name, value);
      else this.box.removeAttribute(name);
    }
    if (!isOne) this.box.removeAttribute("aria-activedescendant");
  }
}

function taken(event) {
  event.preventDefault();
  event.stopPropagation();
  return true;
}

// What is typed, how it goes on, and what it does.
function line(tag, one) {
  const element = document.createElement(tag);
  element.className = "completion-line";
  element.append(span("completion-words", one.words), span("completion-hint", one.hint), span("completion-about", one.about));
  return element;
}

function span(name, words) {
  const element = document.createElement("span");
  element.className = name;
  element.textContent = `${words} `;
  return element;
}
