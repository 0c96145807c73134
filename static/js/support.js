// The form of /support/: changes the printed amounts at once when currency, rhythm or a typed amount change.
// The style sheet chooses which sentence is seen; this only rewrites the amounts in them. The server decides.
"use strict";

const form = document.querySelector(".giving");
const facts = JSON.parse(form.dataset.currencies);
const currency = document.getElementById("currency");
const typed = document.getElementById("other_amount");
const places = [...form.querySelectorAll('input[name="amount"]')];
const wordsForTyped = [...form.querySelectorAll(".at-other .plain, .at-other .covered, .arithmetic .at-other")]
  .map((element) => [element, element.textContent]);

const rhythm = () => form.querySelector('input[name="interval"]:checked').value;
const now = () => facts[currency.value];

// Signs come from the server: a browser prints some currencies in its own way.
function print(minor, short) {
  const { digits, before, after } = now();
  const unit = 10 ** digits;
  const whole = String(Math.floor(minor / unit)).replace(/\B(?=(\d{3})+$)/g, form.dataset.group);
  const isWhole = digits === 0 || (short && minor % unit === 0);
  return before + whole + (isWhole ? "" : form.dataset.decimal + String(minor % unit).padStart(digits, "0")) + after;
}

// The smallest amount of which the gift remains after the expected fee; money.gross_up does the same.
function grossUp(gift) {
  const { basis, fixed, step } = now();
  const left = (gross) => gross - Math.floor((gross * basis + 5000) / 10000) - fixed;
  let gross = Math.ceil(((gift + fixed) * 10000) / (10000 - basis) / step) * step;
  while (left(gross) < gift) gross += step;
  while (gross > step && left(gross - step) >= gift) gross -= step;
  return gross;
}

// Minor units of what was typed, or null; money.parse takes the same.
function read(text) {
  const { digits, step } = now();
  const match = /^([0-9]{1,9})(?:[.,]([0-9]{1,3}))?$/.exec(text.trim());
  if (!match || (match[2] ?? "").length > digits || (match[2]?.length === 3 && text.includes(","))) return null;
  const minor = Number(match[1]) * 10 ** digits + Number((match[2] ?? "").padEnd(digits, "0"));
  return minor > 0 && minor <= 99999999 && minor % step === 0 ? minor : null;
}

function write(place, minor) {
  const total = grossUp(minor);
  for (const element of form.querySelectorAll(`.at-${place} .plain`)) element.textContent = print(minor);
  for (const element of form.querySelectorAll(`.at-${place} .covered`)) element.textContent = print(total);
  const strong = document.createElement("strong");
  strong.textContent = print(total);
  form.querySelector(`.arithmetic .at-${place}`).replaceChildren(`${print(minor)} + ${print(total - minor)} = `, strong);
}

function writeTyped() {
  const minor = read(typed.value);
  if (minor !== null) write("other", minor);
  else for (const [element, words] of wordsForTyped) element.textContent = words;
}

// Another currency or rhythm has other suggestions; what was chosen by place stays chosen by place. The last place holds
// an amount that the address named; it stays as long as its currency does.
function offer() {
  const suggested = [...now()[rhythm()].slice(0, 6)];
  const named = places.find((radio) => radio.id === "amount-6");
  if (named && !named.disabled && currency.value === form.elements.currency.value) suggested[6] = read(named.value);
  places.filter((radio) => radio.value !== "other").forEach((radio, index) => {
    const minor = suggested[index];
    radio.disabled = radio.parentElement.hidden = minor === undefined;
    if (minor === undefined) return;
    radio.value = (minor / 10 ** now().digits).toFixed(now().digits);
    radio.nextElementSibling.textContent = print(minor, true);
    write(index, minor);
  });
  if (!places.some((radio) => radio.checked && !radio.disabled)) places[Math.min(1, suggested.length - 1)].checked = true;
  form.elements.currency.value = currency.value;
  document.querySelector(".typed .code").textContent = currency.value;
  document.getElementById("other_amount-hint").textContent = now().range;
  document.querySelector('.currency input[name="interval"]').value = rhythm();
  writeTyped();
}

let waiting;
function say() {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    document.getElementById("said").textContent = document.getElementById("promise").innerText;
  }, 700);
}

document.getElementById("show-currency").hidden = true;
currency.addEventListener("change", () => { offer(); say(); });
typed.addEventListener("input", () => { writeTyped(); say(); });
form.addEventListener("change", (event) => {
  if (event.target.name === "interval") offer();
  say();
});
// Only after a real click: the arrow keys pass over this choice on their way to others.
document.getElementById("amount-other").addEventListener("click", (event) => { if (event.detail) typed.focus(); });
// A browser may bring old choices back onto a page that was printed for the first ones.
if (currency.value !== form.elements.currency.value || rhythm() !== form.dataset.interval) offer();
else writeTyped();
