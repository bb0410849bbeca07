// The week board: a visit is moved by dragging it or with the keyboard. The server judges both alike and sends the
// touched cells back. The table is one tab stop; arrows go from visit to visit.
const says = document.getElementById("board-says");
const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
const START_PX = 6;
let drag = null; // a pointer that is down on a chip
let lifted = null; // {chip, cell}: picked up with the keyboard

const board = () => document.querySelector("table.board");
const chips = () => [...board().querySelectorAll(".chip")];
const mayMove = () => "movable" in board().dataset;

function say(text, values = {}) {
  says.textContent = Object.entries(values).reduce((line, [key, value]) => line.replace(`%(${key})s`, value), text);
}

function wordsOf(cell) {
  const head = cell.parentElement.querySelector("th");
  const day = board().tHead.rows[0].cells[cell.cellIndex];
  return { row: head.firstElementChild.textContent.trim(), day: day.textContent.trim() };
}

// One chip of the board is in the tab order.
function rove(chip) {
  board().querySelectorAll('.chip[tabindex="0"]').forEach((other) => other.setAttribute("tabindex", "-1"));
  if (chip) chip.setAttribute("tabindex", "0");
}

function focusChip(chip) {
  if (!chip) return;
  rove(chip);
  chip.focus();
}

function chipTowards(chip, [down, right]) {
  const cell = chip.closest("td");
  if (down) {
    const sibling = down > 0 ? chip.nextElementSibling : chip.previousElementSibling;
    if (sibling?.matches(".chip")) return sibling;
  }
  let next = cellTowards(cell, [down, right]);
  while (next) {
    const inside = next.querySelectorAll(".chip");
    if (inside.length) return down < 0 ? inside[inside.length - 1] : inside[0];
    next = cellTowards(next, [down, right]);
  }
  return null;
}

function cellTowards(cell, [down, right]) {
  const row = board().tBodies[0].rows[cell.parentElement.sectionRowIndex + down];
  const next = row?.cells[cell.cellIndex + right];
  return next?.matches("td") ? next : null;
}

function mark(cell) {
  board().querySelectorAll(".is-target").forEach((other) => other.classList.remove("is-target"));
  cell?.classList.add("is-target");
}

function address(visit, verb) {
  const { monday, by, visitUrl } = board().dataset;
  return `${visitUrl.replace("/0/", `/${visit}/`)}${verb}?board=${monday}&by=${by}`;
}

function open(chip) {
  htmx.ajax("GET", address(chip.dataset.visit, ""), { target: "#dialog", swap: "innerHTML" });
}

// Asks the server; what a rule blocks comes back as a sentence, what needs a reason as the dialog.
function move(chip, cell) {
  if (cell === chip.closest("td")) return say(board().dataset.sayLeft);
  const byClient = board().dataset.by === "client";
  if (byClient && cell.dataset.row !== chip.closest("td").dataset.row) return say(board().dataset.sayClient);
  const caregiver = byClient ? chip.dataset.caregiver : cell.dataset.row === "0" ? "" : cell.dataset.row;
  const values = { drag: "1", day: cell.dataset.day, start_time: chip.dataset.start, caregiver, version: chip.dataset.version };
  return htmx.ajax("POST", address(chip.dataset.visit, "move/"), { target: "#dialog", swap: "innerHTML", values });
}

/* Keyboard */
function lift(chip) {
  if (!mayMove() || !chip.dataset.movable) return say(board().dataset.sayFixed);
  lifted = { chip, cell: chip.closest("td") };
  chip.classList.add("is-lifted");
  mark(lifted.cell);
  const name = `${chip.querySelector(".chip-time").textContent} ${chip.querySelector(".chip-who").textContent}`;
  return say(board().dataset.sayPicked, { visit: name });
}

function settle(put) {
  const { chip, cell } = lifted;
  lifted = null;
  chip.classList.remove("is-lifted");
  mark(null);
  if (put) move(chip, cell);
  else say(board().dataset.sayLeft);
  chip.focus();
}

function carry(step) {
  const next = cellTowards(lifted.cell, step);
  if (!next) return;
  lifted.cell = next;
  mark(next);
  next.scrollIntoView({ block: "nearest", inline: "nearest" });
  say(board().dataset.sayOver, wordsOf(next));
}

function onKey(event) {
  const chip = event.target.closest?.(".chip");
  if (!chip || event.ctrlKey || event.metaKey || event.altKey) return;
  const step = ARROWS[event.key];
  if (lifted) {
    if (step) carry(step);
    else if (event.key === "Enter" || event.key === " ") settle(true);
    else if (event.key === "Escape" || event.key === "Tab") settle(false);
    else return;
    if (event.key !== "Tab") event.preventDefault();
  } else if (step) {
    event.preventDefault();
    focusChip(chipTowards(chip, step));
  } else if (event.key === " ") {
    event.preventDefault();
    lift(chip);
  }
}

/* Pointer: mouse and pen. A finger scrolls and taps; its way to move is the dialog. */
function onDown(event) {
  const chip = event.target.closest?.(".chip");
  if (!chip || event.button !== 0 || event.pointerType === "touch" || !mayMove() || !chip.dataset.movable) return;
  drag = { chip, x: event.clientX, y: event.clientY, ghost: null };
}

function onMove(event) {
  if (!drag) return;
  if (!drag.ghost && Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < START_PX) return;
  if (!drag.ghost) {
    drag.ghost = drag.chip.cloneNode(true);
    drag.ghost.removeAttribute("id");
    drag.ghost.classList.add("chip-ghost");
    drag.ghost.setAttribute("aria-hidden", "true");
    document.body.append(drag.ghost);
    drag.chip.classList.add("is-lifted");
  }
  event.preventDefault();
  drag.ghost.style.left = `${event.clientX + 8}px`;
  drag.ghost.style.top = `${event.clientY + 8}px`;
  drag.cell = document.elementFromPoint(event.clientX, event.clientY)?.closest("td.cell") || null;
  mark(drag.cell);
}

function onUp() {
  if (!drag) return;
  const { chip, ghost, cell } = drag;
  drag = null;
  if (!ghost) return;
  ghost.remove();
  chip.classList.remove("is-lifted");
  mark(null);
  chip.dataset.dropped = "yes"; // the click that follows a drop does not open the visit
  setTimeout(() => delete chip.dataset.dropped, 0);
  if (cell) move(chip, cell);
}

document.addEventListener("keydown", onKey);
document.addEventListener("pointerdown", onDown);
document.addEventListener("pointermove", onMove);
document.addEventListener("pointerup", onUp);
document.addEventListener("pointercancel", onUp);
document.addEventListener("click", (event) => {
  const chip = event.target.closest?.(".chip");
  if (chip && !chip.dataset.dropped && !lifted) open(chip);
});
document.addEventListener("focusin", (event) => {
  if (event.target.matches?.(".chip")) rove(event.target);
});
document.body.addEventListener("board:moved", (event) => {
  // After the new cells are in: the moved visit keeps the focus.
  const id = (event.detail.value ?? event.detail).visit;
  setTimeout(() => focusChip(document.getElementById(`v-${id}`)), 60);
});
document.body.addEventListener("htmx:afterSettle", () => {
  if (board() && !board().querySelector('.chip[tabindex="0"]')) rove(chips()[0]);
});
rove(chips()[0]);
