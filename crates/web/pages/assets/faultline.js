// What links and forms cannot do: keyboard shortcuts, copy buttons, relative times, and waiting for the first event.
"use strict";

const rows = [...document.querySelectorAll("[data-row]")];
let here = -1;

function go(step) {
  if (!rows.length) return;
  rows[here]?.classList.remove("here");
  here = Math.max(0, Math.min(rows.length - 1, here + step));
  rows[here].classList.add("here");
  rows[here].querySelector("a").focus();
}

const typing = (target) => target.closest("input, textarea, select, [contenteditable]");

const keys = {
  j: () => go(1),
  k: () => go(-1),
  x: () => rows[here]?.querySelector("input[type=checkbox]")?.click(),
  "[": () => document.querySelector("a[rel=prev]")?.click(),
  "]": () => document.querySelector("a[rel=next]")?.click(),
  "/": () => document.querySelector("input[type=search]")?.focus(),
  "?": () => document.querySelector("#keys")?.showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  const act = keys[event.key];
  if (act) {
    event.preventDefault();
    act();
  }
});

for (const all of document.querySelectorAll("[data-all]")) {
  all.hidden = false;
  all.addEventListener("change", () => {
    for (const box of document.querySelectorAll("[data-row] input[type=checkbox]")) box.checked = all.checked;
  });
}

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copy);
    // Without TLS browsers have no clipboard API: select the text, so that the visitor can copy it.
    if (!navigator.clipboard) return getSelection().selectAllChildren(source);
    await navigator.clipboard.writeText(source.value ?? source.textContent);
    button.textContent = "Copied";
  });
}

// Forms and buttons that ask for confirmation before they delete. Without JavaScript a page asks.
document.addEventListener("submit", (event) => {
  const sure = event.submitter?.dataset.sure ?? event.target.dataset.sure;
  if (!sure) return;
  if (!confirm(sure)) return event.preventDefault();
  const field = Object.assign(document.createElement("input"), { type: "hidden", name: "sure", value: "yes" });
  event.target.append(field);
});

const units = [["d", 86400], ["h", 3600], ["min", 60]];

function age(seconds) {
  for (const [name, length] of units) if (seconds >= length) return `${Math.floor(seconds / length)} ${name} ago`;
  return "just now";
}

setInterval(() => {
  for (const time of document.querySelectorAll("time[data-age]")) {
    const seconds = (Date.now() - Date.parse(time.dateTime)) / 1000;
    if (seconds < 30 * 86400) time.textContent = age(seconds);
  }
}, 30000);

// Polls for the first event at growing intervals. Does not reload the page, which may show a key for the only time.
const waiting = document.querySelector("[data-waiting]");
if (waiting) {
  let pause = 2000;
  const ask = async () => {
    const answer = await fetch(waiting.dataset.waiting).catch(() => null);
    if (answer?.ok && (await answer.text()) === "yes") {
      for (const part of waiting.children) part.hidden = !part.hidden;
      return waiting.classList.add("good");
    }
    pause = Math.min(pause * 1.2, 30000);
    setTimeout(ask, pause);
  };
  setTimeout(ask, pause);
}
