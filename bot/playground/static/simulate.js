// The controls: failures, a day of usage, and beginning anew. (Time is moved by the page's clock.)

import { listen, look } from "./feed.js";

const part = (id) => document.getElementById(id);
// What the menus of failures stand at, here or as somebody chose on another page.
let choice = { kind: part("faults").value, times: part("times").value };

async function ask(act, what = {}) {
  say("");
  let said = "The playground did not answer. Is it still running?";
  try {
    const answer = await fetch(`/ui/simulate/${act}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(what),
    });
    said = (await answer.json()).said;
  } catch {
    // What is said then stands above.
  }
  say(said);
  await look();
}

function say(words) {
  part("simulate-said").textContent = words;
  part("simulate-said").hidden = !words;
}

function busy(words) {
  part("busy").hidden = !words;
  part("busy-words").textContent = words;
}

async function fail() {
  await ask("fail", { kind: part("faults").value, times: part("times").value });
  say("");
}

async function use() {
  busy("People use AI…");
  await ask("usage");
}

async function startOver() {
  const dialog = part("reset-dialog");
  dialog.returnValue = "";
  dialog.showModal();
  await new Promise((closed) => dialog.addEventListener("close", closed, { once: true }));
  if (dialog.returnValue !== "yes") return;
  busy("Starting over…");
  await ask("reset");
}

listen((news) => {
  const words = news.failing.join(" ");
  if (part("failing-words").textContent !== words) part("failing-words").textContent = words;
  const { kind, times } = news.choice;
  if (kind !== choice.kind || times !== choice.times) {
    choice = news.choice;
    part("faults").value = kind;
    part("times").value = times;
  }
  part("failing").hidden = !words;
  busy(news.busy);
});

part("faults").addEventListener("change", fail);
part("times").addEventListener("change", () => part("faults").value !== "off" && fail());
part("normal").addEventListener("click", async () => {
  part("faults").value = "off";
  await fail();
});
part("reset").addEventListener("click", startOver);

document.querySelector("[data-simulate=usage]").addEventListener("click", use);
