// The chart of /reports/days/: all days of the newsroom, drawn by uPlot. Whoever drags over days, presses a button or
// changes the form sees these days closer; the form's days follow the chart. Places along it are numbers of days, so that
// no clock is put forward or back. Amounts are whole minor units; signs of currencies come from the server.
"use strict";

const HEIGHT = 320;
const DAY = 86_400_000;
const box = document.querySelector(".zoom");
const plot = box.querySelector(".plot");
const form = document.getElementById("span");
const drawn = JSON.parse(document.getElementById("drawn").textContent);
const language = document.documentElement.lang;
const rows = [...box.querySelectorAll(".lines li")];
const names = rows.map((row) => row.className);
const DASHES = { single: [8, 4], net: [2, 3] };

const numbered = (day) => Date.parse(day) / DAY;
const date = (number) => new Date(number * DAY);
const iso = (number) => date(number).toISOString().slice(0, 10);
const begin = numbered(drawn.first);
const end = begin + drawn.lines[names[0]].length - 1;
const days = Array.from({ length: end - begin + 1 }, (_, place) => begin + place);

const color = (element, name) => getComputedStyle(element).getPropertyValue(name).trim();
const exact = new Intl.NumberFormat(language, { minimumFractionDigits: drawn.digits, maximumFractionDigits: drawn.digits });
const brief = new Intl.NumberFormat(language, { notation: "compact", maximumFractionDigits: Math.max(drawn.digits, 2) });

function print(minor, numbers = exact) {
  const said = numbers.format(Math.abs(minor) / 10 ** drawn.digits);
  return (minor < 0 ? "\u2212" : "") + drawn.before + said + drawn.after;
}

// The parts in the order of the page: "5 Nov 2026", "5 лист. 2026", or fewer of them.
function written(number, ...parts) {
  const how = { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" };
  const found = new Intl.DateTimeFormat(language, how).formatToParts(date(number));
  return parts.map((part) => found.find((one) => one.type === part).value).join("\u00a0");
}
const whole = (number) => written(number, "day", "month", "year");

// So many months back from the last day, the day after the same day of that month, or after its last one.
function back(months) {
  const last = date(end), [year, month] = [last.getUTCFullYear(), last.getUTCMonth() - months];
  const most = date(Date.UTC(year, month + 1, 0) / DAY).getUTCDate();
  return Date.UTC(year, month, Math.min(last.getUTCDate(), most)) / DAY + 1;
}

// Where the axis of days has a word: as many days, or months, apart as there is room for.
function places(chart, axis, min, max) {
  const apart = (max - min) / Math.max(2, plot.clientWidth / 95), found = [];
  const step = [1, 2, 7, 14].find((one) => one >= apart);
  if (step) {
    for (let number = Math.ceil(min); number <= max; number += 1) if (number % step === 0) found.push(number);
    return found;
  }
  const months = [1, 2, 3, 6, 12, 24, 60, 120].find((one) => one * 30 >= apart) ?? 240, first = date(Math.floor(min));
  for (let month = first.getUTCFullYear() * 12 + first.getUTCMonth(); ; month += 1) {
    const number = Date.UTC(1970, month - 1970 * 12, 1) / DAY;
    if (number > max) return found;
    if (month % months === 0 && number >= min) found.push(number);
  }
}

function words(chart, numbers) {
  const apart = numbers[1] - numbers[0];
  const parts = apart > 360 ? ["year"] : apart > 27 ? ["month", "year"] : ["day", "month"];
  return numbers.map((number) => written(number, ...parts));
}

// The days that the chart shows.
const shown = { first: begin, last: end };

// The sums of the days that are shown, or of the day under the cursor.
function tell(chart) {
  const here = chart.cursor.idx, [from, to] = here == null ? [shown.first, shown.last] : [begin + here, begin + here];
  box.querySelector(".day").textContent = here == null ? "" : whole(from);
  rows.forEach((row) => {
    const sum = drawn.lines[row.className].slice(from - begin, to - begin + 1).reduce((one, two) => one + two, 0);
    row.querySelector(".value").textContent = print(sum);
  });
}

function show(first, last) {
  [shown.first, shown.last] = [Math.max(begin, first), Math.min(end, last)];
  chart.setScale("x", { min: shown.first - 0.5, max: shown.last + 0.5 });
  box.querySelector("[role=status]").textContent = `${whole(shown.first)} – ${whole(shown.last)}`;
  chart.setCursor({ left: -1, top: -1 });
}

function zoom(first, last) {
  show(first, last);
  form.elements.first.value = iso(shown.first);
  form.elements.last.value = iso(shown.last);
}

// One finger or the mouse chooses days, from where it goes down to where it goes up.
function choose(chart) {
  const over = chart.over;
  let from = null;
  const at = (event) => {
    const frame = over.getBoundingClientRect();
    return Math.min(Math.max(event.clientX - frame.left, 0), frame.width);
  };
  const mark = (one, two) => {
    chart.setSelect({ left: Math.min(one, two), width: Math.abs(two - one), top: 0, height: over.clientHeight }, false);
  };
  over.addEventListener("pointerdown", (event) => {
    if (event.button || !event.isPrimary) return;
    from = at(event);
    over.setPointerCapture(event.pointerId);
    chart.setCursor({ left: from, top: 0 });
  });
  over.addEventListener("pointermove", (event) => {
    if (from !== null && event.isPrimary) mark(from, at(event));
  });
  over.addEventListener("pointerup", (event) => {
    if (from === null || !event.isPrimary) return;
    const [left, right] = [from, at(event)].sort((one, two) => one - two);
    if (right - left > 4) zoom(Math.round(chart.posToVal(left, "x")), Math.round(chart.posToVal(right, "x")));
    from = null;
    mark(0, 0);
  });
  over.addEventListener("pointercancel", () => { from = null; mark(0, 0); });
  over.addEventListener("dblclick", () => zoom(begin, end));
}

const axis = () => ({
  stroke: () => color(box, "--soft"), font: `13px ${color(box, "--sans")}`,
  grid: { stroke: () => color(box, "--hairline"), width: 1 }, ticks: { show: false },
});
box.hidden = false;
const chart = new uPlot({
  width: plot.clientWidth,
  height: HEIGHT,
  legend: { show: false },
  // Choosing is ours: uPlot's own knows no fingers.
  cursor: { y: false, drag: { x: false, y: false }, bind: { mousedown: () => null, mouseup: () => null, dblclick: () => null } },
  scales: {
    x: { time: false, range: (chart, min, max) => [min, max] },
    y: { range: (chart, min, max) => uPlot.rangeNum(Math.min(min, 0), Math.max(max, 0), 0.1, true) },
  },
  axes: [
    { ...axis(), splits: places, values: words, size: 36 },
    {
      ...axis(),
      // Whole minor units: 1, 2, 5, 10 …
      incrs: Array.from({ length: 14 }, (_, power) => [1, 2, 5].map((one) => one * 10 ** power)).flat(),
      values: (chart, numbers) => numbers.map((minor) => print(minor, brief)),
      size: (chart, texts) => 16 + 8 * Math.max(4, ...(texts ?? []).map((text) => text.length)),
    },
  ],
  series: [{}, ...rows.map((row) => ({
    stroke: () => color(row, "--line"), width: row.className === "received" ? 2 : 1.5, dash: DASHES[row.className],
    points: { show: (chart, place, first, last) => last - first < 60, size: 5, fill: () => color(row, "--line") },
  }))],
  hooks: { setCursor: [tell] },
}, [days, ...names.map((name) => drawn.lines[name])], plot);
const canvas = plot.querySelector("canvas");
canvas.setAttribute("role", "img");
canvas.setAttribute("aria-label", plot.dataset.name);

// The days of the form, as far as there are such.
function follow() {
  const [first, last] = [numbered(form.elements.first.value), numbered(form.elements.last.value)];
  const isThere = first <= last && first <= end && last >= begin;
  if (isThere) show(first, last);
  return isThere;
}

choose(chart);
if (!new URLSearchParams(location.search).has("first") || !follow()) show(begin, end);
for (const button of box.querySelectorAll("[data-months]")) {
  button.addEventListener("click", () => zoom(button.dataset.months ? back(Number(button.dataset.months)) : begin, end));
}
for (const row of rows) {
  row.querySelector("input").addEventListener("change", (event) => {
    chart.setSeries(rows.indexOf(row) + 1, { show: event.target.checked });
  });
}
form.addEventListener("change", follow);
new ResizeObserver(() => chart.setSize({ width: plot.clientWidth, height: HEIGHT })).observe(plot);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => chart.redraw());
