// The one or two panes of this page, and drawing them anew when something changed.

import { addressOf, correct } from "./address.js";
import { Pane } from "./pane.js";
import { patch } from "./patch.js";

export const panes = [...document.querySelectorAll("[data-pane]")].map((root) => new Pane(root));

export function paneOf(element) {
  const root = element.closest("[data-pane]");
  return panes.find((one) => one.root === root) || panes[0];
}

let drawing = null;
let isStale = false;
let drawn = Number(document.body.dataset.version);

// As `refresh`, but nothing is to be done where that state of the workspace is drawn already.
export async function refreshTo(version) {
  while (drawing) await drawing;
  if (version !== drawn) await refresh();
}

// Resolves once all that had changed until now is drawn.
export function refresh() {
  isStale = true;
  drawing = drawing || draw().finally(() => { drawing = null; });
  return drawing;
}

async function draw() {
  while (isStale) {
    isStale = false;
    const asked = addressOf(panes);
    const answer = await fetch(`/ui/parts${asked.slice(1)}${panes.map((one) => one.wishes()).join("")}`).catch(() => null);
    if (!answer || !answer.ok) return; // the stream says so, and calls again
    const parts = await answer.json();
    if (asked !== addressOf(panes)) {
      isStale = true; // somebody has gone elsewhere meanwhile
      continue;
    }
    drawn = parts.version;
    put(parts);
  }
}

function put(parts) {
  parts.panes.forEach((part, nth) => panes[nth].draw(part));
  // A channel that is gone or archived: the server chose another place.
  correct(panes);
  document.title = `${panes.map((one) => `${one.title} · ${one.name}`).join(" and ")} · tokenbot playground`;
  document.dispatchEvent(new CustomEvent("playground:drawn", { detail: parts }));
  for (const name of ["clock", "arrival"]) patch(document.getElementById(name), parts[name]);
}

// The page was older than the workspace: it is drawn afresh, and says that nothing was done.
const STALE = {
  send: "Nobody can write there any more.",
  message: "That message has changed meanwhile; here is how it stands now.",
  other: "That has changed meanwhile; here is how it stands now.",
};

export async function ask(pane, act, what) {
  pane.say("");
  let answer = {};
  let words = "";
  try {
    const response = await fetch(`/ui/${act}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ as: pane.as, ...what }),
    });
    if (!response.ok && response.status !== 409) throw new Error(`${response.status}`);
    answer = await response.json();
    if (response.status === 409 && !answer.said) words = STALE[act] || (what.ts ? STALE.message : STALE.other);
  } catch (error) {
    words = "The playground did not answer. Is it still running?";
    answer = { unsent: true };
  }
  await refreshTo(answer.version);
  if (words) pane.say(words);
  return answer;
}
