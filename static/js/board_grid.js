// The board's table: its cells and chips, and the arithmetic of the day's axis.
export const SNAP = 5;
export const board = () => document.querySelector("table.board");
export const chips = () => [...board().querySelectorAll(".chip")];
export const isDay = () => board().dataset.view === "day";
export const byClient = () => board().dataset.by === "client";
export const mayMove = () => "movable" in board().dataset;
export const rowIds = () => [...board().tBodies[0].rows].map((row) => row.querySelector("td.cell").dataset.row).join(",");

export function say(text, values = {}) {
  const line = Object.entries(values).reduce((sum, [key, value]) => sum.replace(`%(${key})s`, value), text);
  document.getElementById("board-says").textContent = line;
}

export function address(path) {
  const { key, by } = board().dataset;
  return `${path}?board=${key}&by=${by}`;
}

export function visitAddress(visit, verb = "") {
  const { visitUrl } = board().dataset;
  if (!verb) return address(visitUrl.replace("/0/", `/${visit}/`));
  return address(visitUrl.replace("/visits/0/", `/board/visits/${visit}/`) + verb);
}

// One chip of the board is in the tab order.
export function rove(chip) {
  board().querySelectorAll('.chip[tabindex="0"]').forEach((other) => other.setAttribute("tabindex", "-1"));
  if (chip) chip.setAttribute("tabindex", "0");
}

export function focusChip(chip) {
  if (!chip) return;
  rove(chip);
  chip.focus();
}

export function cellTowards(cell, [down, right]) {
  const row = board().tBodies[0].rows[cell.parentElement.sectionRowIndex + down];
  const next = row?.cells[cell.cellIndex + right];
  return next?.matches("td") ? next : null;
}

export function chipTowards(chip, [down, right]) {
  const cell = chip.closest("td");
  const inCell = [...cell.querySelectorAll(".chip")];
  const along = isDay() ? right : down;
  const beside = along ? inCell[inCell.indexOf(chip) + along] : null;
  if (beside) return beside;
  let next = cellTowards(cell, [down, right]);
  while (next) {
    const inside = next.querySelectorAll(".chip");
    if (inside.length) return down < 0 && !isDay() ? inside[inside.length - 1] : inside[0];
    next = cellTowards(next, [down, right]);
  }
  return null;
}

export function wordsOf(cell) {
  const head = cell.parentElement.querySelector("th");
  const day = board().tHead.rows[0].cells[cell.cellIndex];
  return { row: head.firstElementChild.textContent.trim(), day: day.textContent.trim() };
}

/* The day's axis: minutes since midnight as they really pass. */
const axis = () => ({ first: Number(board().dataset.first) * 60, minutes: Number(board().dataset.hours) * 60 });
export const snapped = (minute) => Math.round(minute / SNAP) * SNAP;

export function minuteAt(track, x) {
  const box = track.getBoundingClientRect();
  const { first, minutes } = axis();
  return first + ((x - box.left) / box.width) * minutes;
}

/** What the wall clock shows that many minutes after the day's midnight. */
export function wall(minute) {
  const moment = new Date(Date.parse(board().dataset.midnight) + minute * 60_000);
  const options = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: board().dataset.zone };
  return new Intl.DateTimeFormat("en-GB", options).format(moment);
}

/** Keeps a start on the drawn axis. */
export function onAxis(minute) {
  const { first, minutes } = axis();
  return Math.min(Math.max(minute, first), first + minutes - SNAP);
}

/** Shows where a carried visit would be put down. */
export function markPlace(place) {
  document.querySelectorAll(".drop-mark").forEach((old) => old.remove());
  board().querySelectorAll(".is-target").forEach((other) => other.classList.remove("is-target"));
  if (!place?.cell) return;
  place.cell.classList.add("is-target");
  if (place.minute === undefined) return;
  const { first, minutes } = axis();
  const mark = document.createElement("span");
  mark.className = "drop-mark";
  mark.setAttribute("aria-hidden", "true");
  mark.style.left = `${((place.minute - first) / minutes) * 100}%`;
  mark.style.width = `${(place.length / minutes) * 100}%`;
  place.cell.append(mark);
}
