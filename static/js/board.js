// The board: a visit is moved by dragging it (board_pointer.js) or with the keyboard. The server judges both alike and sends the touched
// cells back. The table is one tab stop; arrows go from visit to visit.
import * as grid from "homecare/board_grid";
import * as live from "homecare/board_live";
import * as pointer from "homecare/board_pointer";
import * as verdicts from "homecare/board_verdicts";

const { board, isDay, say, markPlace } = grid;
const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
const SLOW = 15;
let lifted = null; // picked up with the keyboard: {chip, place}

function placeOf(chip) {
  const cell = chip.closest("td");
  if (!isDay()) return { cell };
  return { cell, minute: Number(chip.dataset.at), length: Number(chip.dataset.length) };
}

const isSame = (one, other) => one.cell === other.cell && one.minute === other.minute && one.length === other.length;
const name = (chip) => `${chip.querySelector(".chip-time").textContent} ${chip.querySelector(".chip-who").textContent}`;

function open(chip) {
  htmx.ajax("GET", grid.visitAddress(chip.dataset.visit), { target: "#dialog", swap: "innerHTML" });
}

// Asks the server; what a rule blocks comes back as a sentence, what needs a reason as the dialog.
function put(chip, place) {
  const before = placeOf(chip);
  if (isSame(before, place)) return say(board().dataset.sayLeft);
  if (grid.byClient() && place.cell.dataset.row !== before.cell.dataset.row) return say(board().dataset.sayClient);
  const { row, day } = place.cell.dataset;
  const caregiver = grid.byClient() ? chip.dataset.caregiver : row === "0" ? "" : row;
  const values = { drag: "1", day, caregiver, version: chip.dataset.version };
  if (place.minute !== undefined && (place.minute !== before.minute || place.length !== before.length)) {
    Object.assign(values, { minute: place.minute, length: place.length });
  } else if (isDay()) {
    values.keep = "1";
  }
  return htmx.ajax("POST", grid.visitAddress(chip.dataset.visit, "place/"), { target: "#dialog", swap: "innerHTML", values });
}

function describe(place) {
  if (!place.cell) return;
  const { row, day } = grid.wordsOf(place.cell);
  const said = verdicts.tell(place.cell);
  const from = isDay() ? grid.wall(place.minute) : "";
  const to = isDay() ? grid.wall(place.minute + place.length) : "";
  say(`${isDay() ? board().dataset.sayAt : board().dataset.sayOver} ${said}`, { row, day, from, to });
}

function movedTo(carried, place) {
  const before = carried.place;
  if (isSame(before, place)) return;
  carried.place = place;
  markPlace(place);
  if (before.minute !== place.minute || before.length !== place.length) {
    verdicts.clear();
    verdicts.again(carried.chip, place, () => describe(carried.place));
  }
}

/* Keyboard */
function lift(chip) {
  if (!grid.mayMove() || !chip.dataset.movable) return say(board().dataset.sayFixed);
  lifted = { chip, place: placeOf(chip) };
  chip.classList.add("is-lifted");
  markPlace(lifted.place);
  say(board().dataset.sayPicked, { visit: name(chip) });
  return verdicts.begin(chip, isDay() ? lifted.place : {}, () => verdicts.tell(lifted?.place.cell));
}

function settle(isPut) {
  const { chip, place } = lifted;
  lifted = null;
  chip.classList.remove("is-lifted");
  markPlace(null);
  verdicts.end();
  if (isPut) put(chip, place);
  else say(board().dataset.sayLeft);
  chip.focus();
}

function carry(event, [down, right]) {
  const { place } = lifted;
  const step = event.shiftKey ? SLOW : grid.SNAP;
  if (isDay() && right && event.altKey) {
    movedTo(lifted, { ...place, length: Math.max(grid.SNAP, place.length + right * step) });
  } else if (isDay() && right) {
    movedTo(lifted, { ...place, minute: grid.onAxis(place.minute + right * step) });
  } else {
    const cell = grid.cellTowards(place.cell, [down, right]);
    if (!cell) return;
    movedTo(lifted, { ...place, cell });
    cell.scrollIntoView({ block: "nearest", inline: isDay() ? "start" : "nearest" });
  }
  describe(lifted.place);
}

function onLiftedKey(event, step) {
  if (step) carry(event, step);
  else if (event.key === "Enter" || event.key === " ") settle(true);
  else if (event.key === "Escape" || event.key === "Tab") settle(false);
  else return;
  if (event.key !== "Tab") event.preventDefault();
}

function onKey(event) {
  const chip = event.target.closest?.(".chip");
  if (!chip || event.metaKey) return;
  const step = ARROWS[event.key];
  if (event.ctrlKey) {
    if (event.key === "z" && !lifted && grid.mayMove()) {
      event.preventDefault();
      live.undo();
    }
  } else if (lifted) {
    onLiftedKey(event, step);
  } else if (!event.altKey && step) {
    event.preventDefault();
    grid.focusChip(grid.chipTowards(chip, step));
  } else if (!event.altKey && event.key === " ") {
    event.preventDefault();
    lift(chip);
  }
}

document.addEventListener("keydown", onKey);
document.addEventListener("click", (event) => {
  const chip = event.target.closest?.(".chip");
  if (chip && !chip.dataset.dropped && !lifted) open(chip);
});
document.addEventListener("focusin", (event) => {
  if (event.target.matches?.(".chip")) grid.rove(event.target);
});
document.body.addEventListener("board:moved", (event) => {
  // After the new cells are in: the moved visit keeps the focus.
  const { visit, redraw } = event.detail.value ?? event.detail;
  if (redraw) htmx.ajax("GET", location.href, { target: "#board", swap: "innerHTML" });
  setTimeout(() => grid.focusChip(document.getElementById(`v-${visit}`)), 60);
});
document.body.addEventListener("htmx:afterSettle", () => {
  if (board() && !board().querySelector('.chip[tabindex="0"]')) grid.rove(grid.chips()[0]);
});
if (board()) grid.rove(grid.chips()[0]);
pointer.watch({ placeOf, movedTo, put, leave: () => say(board().dataset.sayLeft) });
live.watch(() => Boolean(pointer.isBusy() || lifted));
