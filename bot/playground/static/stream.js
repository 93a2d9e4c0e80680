// One stream of events for the whole page, while somebody looks at it: a browser gives a host six
// connections, and a hidden page catches up when it is shown again.

import { panes, refresh, refreshTo } from "./panes.js";

const AGAIN_MS = 1000;
const WORDS = {
  playground: "The playground is not answering. What you type stays here, and this page catches up by itself.",
  bot: "tokenbot is not running just now. What you type stays here; commands work again once it is back.",
};
const away = new Set();
let source = null;
let life = null;

function tell(who, isAway) {
  if (isAway) away.add(who);
  else away.delete(who);
  const first = Object.keys(WORDS).find((one) => away.has(one));
  const words = first ? WORDS[first] : "";
  const notice = document.getElementById("notice");
  if (notice.textContent !== words) notice.textContent = words;
}

function open() {
  if (source) return;
  source = new EventSource("/ui/stream");
  source.addEventListener("open", () => {
    tell("playground", false);
    tell("bot", false);
  });
  source.addEventListener("message", (event) => refreshTo(JSON.parse(event.data)));
  source.addEventListener("bot", (event) => tell("bot", JSON.parse(event.data) === "away"));
  source.addEventListener("life", (event) => begin(JSON.parse(event.data)));
  source.addEventListener("error", () => {
    tell("playground", true);
    if (source && source.readyState === EventSource.CLOSED) {
      close();
      setTimeout(() => { if (!document.hidden) open(); }, AGAIN_MS);
    }
  });
}

function close() {
  if (source) source.close();
  source = null;
}

// The workspace began anew: it knows nothing of Homes that were opened before.
function begin(now) {
  if (life && life !== now) {
    for (const pane of panes) {
      pane.newFrom = null;
      pane.opened();
    }
    refresh();
  }
  life = now;
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) return close();
  for (const pane of panes) pane.newFrom = null; // what came meanwhile is new
  open();
  refresh();
});
addEventListener("pagehide", close);
addEventListener("pageshow", (event) => { if (event.persisted) open(); });
setInterval(() => { if (!document.hidden) refresh(); }, 30000); // the clock goes on though nothing changes
if (!document.hidden) open();
