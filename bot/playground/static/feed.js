// What happened underneath, kept up to date for whoever on this page wants to know.

const SOON = 1000;
const LATER = 5000;

let epoch = "";
let version = 0;
let timer = 0;
let asking = null;
let again = false;
let isFollowed = () => false;
const hearers = [];

// `hear(news)` is called with each answer; `news.fresh` says that all that was known is past.
export function listen(hear) {
  hearers.push(hear);
}

// Somebody wants news as they come, as long as this is true.
export function follow(when) {
  const before = isFollowed;
  isFollowed = () => before() || when();
}

export function look() {
  if (asking) {
    again = true;
    return asking;
  }
  asking = read().finally(() => {
    asking = null;
    clearTimeout(timer);
    timer = setTimeout(look, again ? 0 : isFollowed() && !document.hidden ? SOON : LATER);
    again = false;
  });
  return asking;
}

async function read() {
  const viewer = encodeURIComponent(document.querySelector("[data-as]").dataset.as);
  try {
    const answer = await fetch(`/ui/underneath?as=${viewer}&epoch=${epoch}&after=${version}`);
    if (!answer.ok) return;
    const news = await answer.json();
    news.fresh = news.epoch !== epoch;
    ({ epoch, version } = news);
    for (const hear of hearers) hear(news);
  } catch {
    // The page says elsewhere that nobody answers.
  }
}

document.addEventListener("playground:drawn", look);
setTimeout(look, 0);
