// Puts drawn markup in place of what is there, and leaves alone whatever did not change: focus,
// open menus, scrolling and what screen readers have read stay as they are.

// What tells one element from its siblings; without a name, its place does.
const NAMES = ["data-key", "data-view", "data-place", "id", "data-at", "data-become", "data-shortcut"];
// What people change by hand stays theirs.
const THEIRS = new Set(["open"]);

export function patch(container, html) {
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  const focused = container.contains(document.activeElement) ? document.activeElement : null;
  const around = focused && focused.closest("article, [data-view]");
  children(container, fresh.content);
  if (focused && !focused.isConnected && around && around.isConnected) around.focus({ preventScroll: true });
}

function nameOf(node) {
  if (node.nodeType !== Node.ELEMENT_NODE) return "";
  const { block, action } = node.dataset;
  if (action) return JSON.stringify([block, action, node.value && /^(checkbox|radio)$/.test(node.type) ? node.value : "", node.dataset.value || ""]);
  const name = NAMES.find((one) => node.hasAttribute(one));
  return name ? `${name}=${node.getAttribute(name)}` : "";
}

function alike(one, other) {
  return one.nodeType === other.nodeType && one.nodeName === other.nodeName && nameOf(one) === nameOf(other);
}

function children(old, fresh) {
  const wanted = [...fresh.childNodes];
  const named = new Set(wanted.map(nameOf).filter(Boolean));
  const known = new Map([...old.childNodes].map((one) => [nameOf(one), one]).filter(([name]) => name));
  let at = old.firstChild;
  const drop = () => {
    const gone = at;
    at = at.nextSibling;
    gone.remove();
  };
  for (const one of wanted) {
    const name = nameOf(one);
    const match = name ? known.get(name) : null;
    while (at && at !== match && nameOf(at) && !named.has(nameOf(at))) drop();
    while (match && at && at !== match && !nameOf(at)) drop();
    if (match && match !== at && alike(match, one)) old.insertBefore(match, at);
    const same = match || at;
    if (same && alike(same, one) && (match || !name)) {
      if (same === at) at = at.nextSibling;
      morph(same, one);
    } else {
      old.insertBefore(one, at);
    }
  }
  while (at) drop();
}

function morph(old, fresh) {
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  if (old.isEqualNode(fresh)) return;
  attributes(old, fresh);
  if (!("found" in old.dataset)) children(old, fresh);
}

function attributes(old, fresh) {
  const changed = (name) => old.getAttribute(name) !== fresh.getAttribute(name);
  // In a view what was typed stays while its fields keep their names, as in Slack; a message shows
  // what was chosen in it last.
  const isFree = !old.closest("[data-view]");
  if (isFree && old.nodeName === "OPTION" && changed("selected")) old.selected = fresh.selected;
  if (isFree && old.nodeName === "INPUT" && changed("checked")) old.checked = fresh.checked;
  if (isFree && old.nodeName === "INPUT" && changed("value")) old.value = fresh.value;
  for (const { name, value } of [...fresh.attributes]) if (changed(name)) old.setAttribute(name, value);
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !THEIRS.has(name)) old.removeAttribute(name);
  }
}
