// The address says who is where, in one pane or two; so reloading and going back work.

const NAMES = { left: ["as", "at"], right: ["and", "and_at"] };

export function addressOf(panes) {
  const query = new URLSearchParams();
  for (const { key, as, at } of panes) {
    query.set(NAMES[key][0], as);
    query.set(NAMES[key][1], at);
  }
  return `/?${query}`;
}

// Who is where by the address that stands there now: as many as there are panes in it.
export function places() {
  const query = new URLSearchParams(location.search);
  const found = Object.entries(NAMES).map(([key, [as, at]]) => ({ key, as: query.get(as), at: query.get(at) }));
  return found[1].as ? found : found.slice(0, 1);
}

// A step that the back button takes back.
export function push(panes) {
  const address = addressOf(panes);
  if (address !== location.pathname + location.search) history.pushState(null, "", address);
}

export function correct(panes) {
  history.replaceState(null, "", addressOf(panes));
}
