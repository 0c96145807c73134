// The ballot's comforts: a count said aloud, what to drop, places moved by buttons, steppers, and unsent choices kept in
// this browser until they are cast. Nothing is sent before the button; the server decides, and reads the same fields.
"use strict";

const LONG = 15; // topics, from which on they can be searched
const cast = document.querySelector("[data-cast]");
if (cast) forget(cast.dataset.cast);

const sheet = document.getElementById("sheet");
if (sheet) begin(sheet.dataset.kind === "approval" ? approvals() : sheet.dataset.kind === "ranking" ? ranking() : points());

function forget(round) {
  try { sessionStorage.removeItem(`ballot:${round}`); } catch { /* a browser that keeps nothing */ }
}

function say(name, values = {}) {
  return sheet.dataset[`say${name[0].toUpperCase()}${name.slice(1)}`].replace(/{(\w+)}/g, (_, key) => values[key]);
}

function titleOf(control) {
  return control.closest(".topic").dataset.title;
}

function button(text, spoken, act) {
  const made = Object.assign(document.createElement("button"), { type: "button", className: "quiet", textContent: text });
  if (spoken) made.setAttribute("aria-label", spoken);
  made.addEventListener("click", act);
  return made;
}

// A long ballot can be searched; what is chosen stays in sight. The field stands outside the form: it sends nothing.
function search(cards) {
  const field = Object.assign(document.createElement("div"), { className: "find" });
  const label = Object.assign(document.createElement("label"), { htmlFor: "find", textContent: say("find") });
  const input = Object.assign(document.createElement("input"), { type: "search", id: "find", autocomplete: "off" });
  const told = Object.assign(document.createElement("p"), { className: "unseen" });
  told.setAttribute("role", "status");
  const isChosen = (card) => card.matches(".chosen") || card.querySelector(":checked:not(option)");
  input.addEventListener("input", () => {
    const sought = input.value.trim().toLocaleLowerCase();
    for (const card of cards) card.hidden = !card.textContent.toLocaleLowerCase().includes(sought) && !isChosen(card);
    told.textContent = say("found", { n: cards.filter((card) => !card.hidden).length });
  });
  field.append(label, input, told);
  sheet.before(field);
}

// In the bar: what is true of the ballot now, and if it is too full, a button for each thing that can be dropped.
function tell(text, dropped = []) {
  const told = sheet.querySelector(".told");
  const drops = sheet.querySelector(".drops");
  if (told.textContent !== text) told.textContent = text;
  told.classList.toggle("over", dropped.length > 0);
  drops.hidden = dropped.length === 0;
  drops.replaceChildren(...dropped.map(([title, drop]) => button(`${title} ×`, "", () => {
    drop();
    (drops.querySelector("button") ?? sheet.querySelector(".bar > button")).focus();
  })));
}

function begin(kind) {
  sheet.classList.add("scripted");
  const keep = `ballot:${sheet.dataset.round}`;
  const controls = [...sheet.querySelectorAll('[name="choice"], .control select, .control input')];
  const read = () => Object.fromEntries(controls.map((one) => [one.id, one.type === "checkbox" ? one.checked : one.value]));
  const first = JSON.stringify(read());
  let isSent = false;
  const isChanged = () => JSON.stringify(read()) !== first || sheet.dataset.sent === "yes";

  function restore() {
    let kept = null;
    try { kept = JSON.parse(sessionStorage.getItem(keep)); } catch { /* nothing that can be read */ }
    if (!kept) return;
    if (kept.owner !== sheet.dataset.owner) return forget(sheet.dataset.round);
    // What the server sent back is newer than what was kept.
    if (sheet.dataset.sent === "yes" || JSON.stringify(kept.said) === first) return;
    for (const one of controls) {
      const value = kept.said[one.id];
      if (value === undefined) continue;
      if (one.type === "checkbox") one.checked = value;
      else one.value = value;
    }
    const notice = Object.assign(document.createElement("p"), { className: "notice", textContent: say("restored") });
    notice.setAttribute("role", "status");
    sheet.prepend(notice);
  }

  function changed() {
    try { sessionStorage.setItem(keep, JSON.stringify({ owner: sheet.dataset.owner, said: read() })); } catch { /* full or barred */ }
    kind.show();
  }

  restore();
  kind.start(changed);
  kind.show();
  const cards = [...sheet.querySelectorAll(".topic")];
  if (cards.length > LONG) search(cards);
  sheet.addEventListener("change", changed);
  sheet.addEventListener("input", (event) => { if (event.target.type === "number") changed(); });
  sheet.addEventListener("submit", () => { isSent = true; });
  addEventListener("pageshow", (event) => { if (event.persisted) isSent = false; });
  addEventListener("beforeunload", (event) => { if (!isSent && isChanged()) event.preventDefault(); });
  // Signing out in this window leaves nothing behind.
  for (const form of document.querySelectorAll('form[action$="/logout/"]')) form.addEventListener("submit", () => forget(sheet.dataset.round));
}

function approvals() {
  const boxes = [...sheet.querySelectorAll('[name="choice"]')];
  const most = Number(sheet.dataset.most) || Infinity;
  let changed;
  const drop = (box) => [titleOf(box), () => { box.checked = false; changed(); }];
  return {
    start(on) { changed = on; },
    show() {
      const chosen = boxes.filter((box) => box.checked);
      const topics = chosen.filter((box) => box.value !== "none");
      const values = { n: topics.length, most };
      if (topics.length < chosen.length && topics.length) tell(say("none"), chosen.map(drop));
      else if (topics.length > most) tell(say("over", values), topics.map(drop));
      else tell(most === Infinity ? say("any", values) : say("chosen", values));
    },
  };
}

// A ranking is a list of places, each a list of topics; more than one only where equal places may be given.
function ranking() {
  const list = sheet.querySelector(".topics");
  const cards = [...list.querySelectorAll(".topic")];
  const select = (card) => card.querySelector("select");
  const most = Number(sheet.dataset.most) || Infinity;
  const takesEquals = sheet.dataset.equals === "yes";
  const places = [...select(cards[0]).options].slice(1).map((option) => option.text);
  let groups = [];
  let changed;

  function read() {
    const found = new Map();
    for (const card of cards) {
      const place = Number(select(card).value);
      if (place) found.set(place, [...(found.get(place) ?? []), card]);
    }
    groups = [...found].sort(([one], [other]) => one - other).map(([, group]) => group);
  }

  // The selects hold as many places as may be given: what is beyond them stays in the list, marked as too many.
  function write() {
    for (const card of cards) {
      const place = groups.findIndex((group) => group.includes(card)) + 1;
      while (place > select(card).options.length - 1) select(card).add(new Option(`${place}`, `${place}`));
      select(card).value = place || "";
      card.classList.toggle("chosen", place > 0);
      card.querySelector(".badge").textContent = place || "";
      const [add, up, down, remove] = card.querySelectorAll(".control button");
      add.hidden = place > 0;
      up.hidden = down.hidden = remove.hidden = place === 0;
      up.setAttribute("aria-disabled", String(place === 1 && groups[0]?.length === 1));
      down.setAttribute("aria-disabled", String(place === groups.length && groups.at(-1)?.length === 1));
    }
    const order = [...groups.flat(), ...cards.filter((card) => !groups.flat().includes(card))];
    if (order.some((card, at) => list.children[at] !== card)) list.append(...order);
  }

  function put(card, act) {
    const focused = document.activeElement;
    act();
    groups = groups.filter((group) => group.length);
    write();
    changed();
    // A card that moves in the page loses the focus, and a button that is gone has none: the next best takes it.
    const buttons = [...card.querySelectorAll(".control button")];
    (focused.hidden ? buttons.find((one) => !one.hidden && one !== focused) : focused)?.focus();
    const place = groups.findIndex((group) => group.includes(card));
    sheet.querySelector(".moved").textContent = say("place", { title: card.dataset.title, place: place < 0 ? say("unranked") : (places[place] ?? place + 1) });
  }

  const out = (card) => { groups = groups.map((group) => group.filter((one) => one !== card)); };
  function move(card, by) {
    const at = groups.findIndex((group) => group.includes(card));
    const isAlone = groups[at].length === 1;
    if (isAlone && !groups[at + by]) return;
    out(card);
    // Out of a shared place it steps before or behind the others; alone it changes places with its neighbour.
    groups.splice(by < 0 ? at - Number(isAlone) : at + 1 + Number(isAlone), 0, [card]);
  }

  function choose(card) {
    const place = Number(select(card).value);
    out(card);
    if (place && takesEquals && groups[place - 1]?.length) groups[place - 1].push(card);
    else if (place) {
      groups = groups.filter((group) => group.length);
      groups.splice(Math.min(place, groups.length + 1) - 1, 0, [card]);
    }
  }

  for (const card of cards) {
    const title = card.dataset.title;
    const heading = card.querySelector("h3");
    const badge = Object.assign(document.createElement("span"), { className: "badge" });
    badge.setAttribute("aria-hidden", "true");
    heading.prepend(badge);
    card.querySelector(".control").append(
      button(say("add"), `${say("add")}: ${title}`, () => put(card, () => groups.push([card]))),
      button("↑", `${say("up")}: ${title}`, () => put(card, () => move(card, -1))),
      button("↓", `${say("down")}: ${title}`, () => put(card, () => move(card, 1))),
      button("×", `${say("remove")}: ${title}`, () => put(card, () => out(card))),
    );
    select(card).addEventListener("change", (event) => { event.stopPropagation(); put(card, () => choose(card)); });
  }
  const moved = Object.assign(document.createElement("p"), { className: "unseen moved" });
  moved.setAttribute("role", "status");
  sheet.append(moved);

  return {
    start(on) { changed = on; read(); write(); },
    show() {
      const ranked = groups.flat().filter((card) => card.dataset.slug !== "none");
      const values = { n: ranked.length, most };
      if (ranked.length > most) tell(say("rankOver", values), ranked.map((card) => [card.dataset.title, () => put(card, () => out(card))]));
      else tell(most === Infinity ? say("rankedAny", values) : say("ranked", values));
    },
  };
}

function points() {
  const inputs = [...sheet.querySelectorAll(".control input")];
  const isQuadratic = sheet.dataset.kind === "quadratic";
  const price = (input) => { const given = Math.max(0, Math.floor(Number(input.value) || 0)); return isQuadratic ? given * given : given; };
  for (const input of inputs) {
    const step = (by) => () => {
      const next = (Math.floor(Number(input.value)) || 0) + by;
      input.value = Math.min(Math.max(next, 0), Number(input.max)) || "";
      input.dispatchEvent(new Event("change", { bubbles: true }));
    };
    input.before(button("−", `${say("less")}: ${titleOf(input)}`, step(-1)));
    input.after(button("+", `${say("more")}: ${titleOf(input)}`, step(1)));
    if (isQuadratic) input.closest(".control").append(Object.assign(document.createElement("span"), { className: "price" }));
  }
  return {
    start() {},
    show() {
      const left = Number(sheet.dataset.total) - inputs.reduce((sum, input) => sum + price(input), 0);
      for (const input of inputs) {
        input.closest(".topic").classList.toggle("chosen", price(input) > 0);
        if (isQuadratic) input.closest(".control").querySelector(".price").textContent = price(input) ? say("cost", { n: price(input) }) : "";
      }
      const told = isQuadratic ? ["credits", "overCredits"] : ["left", "overPoints"];
      tell(left < 0 ? say(told[1], { n: -left }) : say(told[0], { n: left, total: sheet.dataset.total }));
      sheet.querySelector(".told").classList.toggle("over", left < 0);
    },
  };
}
