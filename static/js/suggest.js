// Shows, while a title is typed, the topics it is like. The list of topics is the same for everybody and is fetched once;
// what is typed stays in the browser. voting/similar.py does the same on the server once the form is sent.
"use strict";

const form = document.querySelector(".suggest");
const title = document.getElementById("title");
const box = document.getElementById("like");
const list = box.querySelector("ul");
let known;
let waiting;

function groups(text) {
  const found = new Set();
  const words = text.toLowerCase().replace(/[’']/g, "").match(/[\p{L}\p{N}]{3,}/gu) ?? [];
  for (const word of words) {
    const letters = [...` ${word}`];
    for (let at = 0; at < letters.length - 2; at += 1) found.add(letters.slice(at, at + 3).join(""));
  }
  return found;
}

async function load() {
  const answer = await fetch(form.dataset.words);
  if (!answer.ok) return null;
  const { topics, enough, shown } = await answer.json();
  const spread = new Map();
  for (const topic of topics) {
    topic.groups = groups(topic.words);
    for (const group of topic.groups) spread.set(group, (spread.get(group) ?? 0) + 1);
  }
  return { topics, enough, shown, weight: (group) => Math.log(1 + topics.length / (1 + (spread.get(group) ?? 0))) };
}

function similar(text) {
  const asked = [...groups(text)];
  const sum = (some) => some.reduce((total, group) => total + known.weight(group), 0);
  const whole = sum(asked);
  if (!whole) return [];
  return known.topics
    .map((topic) => [sum(asked.filter((group) => topic.groups.has(group))) / whole, topic])
    .filter(([score]) => score >= known.enough)
    .sort(([one], [other]) => other - one)
    .slice(0, known.shown)
    .map(([, topic]) => topic);
}

function show() {
  const found = similar(title.value);
  const shown = [...list.querySelectorAll("a")].map((link) => link.textContent).join("\n");
  if (found.map((topic) => topic.title).join("\n") === shown) return;
  list.replaceChildren(...found.map((topic) => {
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = `${form.dataset.topics}${topic.slug}/`;
    link.target = "_blank";
    link.dir = "auto";
    link.textContent = topic.title;
    item.append(link);
    return item;
  }));
  box.hidden = !found.length;
}

title.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(async () => {
    known ??= await load().catch(() => null);
    if (known) show();
  }, 300);
});
