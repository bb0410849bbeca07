// Carrying a visit with mouse, pen or finger: one way for all three. A finger that moves at once scrolls as everywhere;
// one that rests on a visit for a moment picks it up. At the edges of the table it scrolls along.
import * as grid from "homecare/board_grid";
import * as verdicts from "homecare/board_verdicts";

const START_PX = 6;
const SLIP_PX = 10; // so far a resting finger may tremble
const HOLD_MS = 350;
const EDGE_PX = 44;
const FASTEST_PX = 14; // in a frame
const AFTER_TAP_MS = 400;
let drag = null; // a pointer that is down on a chip: {id, chip, x, y, at, isTouch, mode, grab, was, place, ghost, hold}
let use = {}; // what is done with places: {placeOf, movedTo, put, leave}

/** A pointer is down on a visit: nothing may change under it. */
export const isBusy = () => Boolean(drag);

function onDown(event) {
  if (drag) leave(); // a second finger
  const chip = event.target.closest?.(".chip");
  if (!chip || !event.isPrimary || event.button !== 0 || !grid.mayMove() || !chip.dataset.movable) return;
  const at = { x: event.clientX, y: event.clientY };
  const place = use.placeOf(chip);
  const mode = event.target.closest(".chip-grip") ? "resize" : "move";
  const isTouch = event.pointerType === "touch";
  drag = { id: event.pointerId, chip, ...at, at, isTouch, mode, ghost: null, place, was: place };
  if (grid.isDay()) drag.grab = grid.minuteAt(place.cell, at.x) - place.minute;
  if (isTouch) drag.hold = setTimeout(pickUp, HOLD_MS);
}

function pickUp() {
  const started = drag;
  const ghost = drag.chip.cloneNode(true);
  ghost.removeAttribute("id");
  ghost.className = `${drag.chip.className.replace(/ [swl]\d+/g, "")} chip-ghost`;
  ghost.setAttribute("aria-hidden", "true");
  document.body.append(ghost);
  drag.ghost = ghost;
  drag.chip.classList.add("is-lifted");
  // Before the first tap browsers refuse to tremble, and say so in the console.
  if (drag.isTouch && navigator.userActivation?.hasBeenActive) navigator.vibrate?.(15);
  verdicts.begin(drag.chip, grid.isDay() ? drag.place : {}, () => drag === started && verdicts.tell(drag.place.cell));
  follow();
  requestAnimationFrame(scrollAlong);
}

function placeUnder({ x, y }) {
  const cell = document.elementFromPoint(x, y)?.closest("td.cell") || null;
  if (!grid.isDay()) return { cell };
  const { was, mode, grab } = drag;
  if (mode === "resize") {
    const longer = grid.snapped(grid.minuteAt(was.cell, x) - was.minute - grab);
    return { ...was, length: Math.max(grid.SNAP, was.length + longer) };
  }
  const later = grid.snapped(grid.minuteAt(cell || was.cell, x) - grab - was.minute);
  return { ...was, cell, minute: grid.onAxis(was.minute + later) };
}

// The carried visit stands beside the pointer, above a finger, and the place under it is marked.
function follow() {
  const { at, ghost, isTouch } = drag;
  const place = placeUnder(at);
  use.movedTo(drag, place);
  if (grid.isDay() && place.cell) {
    ghost.querySelector(".chip-time").textContent = `${grid.wall(place.minute)}–${grid.wall(place.minute + place.length)}`;
  }
  ghost.style.left = `${Math.min(at.x + 8, window.innerWidth - ghost.offsetWidth - 4)}px`;
  ghost.style.top = `${isTouch ? Math.max(at.y - ghost.offsetHeight - 28, 4) : at.y + 8}px`;
  verdicts.tell(place.cell);
}

function onMove(event) {
  if (drag?.id !== event.pointerId) return;
  drag.at = { x: event.clientX, y: event.clientY };
  const far = Math.hypot(drag.at.x - drag.x, drag.at.y - drag.y);
  if (!drag.ghost && drag.isTouch) return far > SLIP_PX ? leave() : undefined;
  if (!drag.ghost && far < START_PX) return undefined;
  event.preventDefault();
  return drag.ghost ? follow() : pickUp();
}

/* Scrolling along: only towards where the visit is carried, so that one at the edge can be picked up in peace. */
function pull(at, from, start, end) {
  const past = at < start + EDGE_PX ? at - start - EDGE_PX : Math.max(0, at - end + EDGE_PX);
  if (Math.abs(at - from) < START_PX || Math.sign(at - from) !== Math.sign(past)) return 0;
  return Math.sign(past) * Math.ceil(Math.min(1, Math.abs(past) / EDGE_PX) * FASTEST_PX);
}

function scroll(box, left, top) {
  const before = [box.scrollLeft, box.scrollTop];
  box.scrollBy({ left, top, behavior: "instant" });
  return before[0] !== box.scrollLeft || before[1] !== box.scrollTop;
}

function scrollAlong() {
  if (!drag?.ghost) return;
  const wrap = grid.board().closest(".board-wrap");
  const box = wrap.getBoundingClientRect();
  const corner = grid.board().tHead.rows[0].cells[0].getBoundingClientRect();
  const across = pull(drag.at.x, drag.x, Math.max(box.left + corner.width, 0), Math.min(box.right, window.innerWidth));
  const down = pull(drag.at.y, drag.y, Math.max(box.top + corner.height, 0), Math.min(box.bottom, window.innerHeight));
  const page = down && pull(drag.at.y, drag.y, 0, window.innerHeight);
  if ((across || down) && scroll(wrap, across, down)) follow();
  else if (page && scroll(document.scrollingElement, 0, page)) follow();
  requestAnimationFrame(scrollAlong);
}

function putDown() {
  const { chip, ghost, place, hold, isTouch } = drag;
  clearTimeout(hold);
  drag = null;
  if (!ghost) return null;
  ghost.remove();
  chip.classList.remove("is-lifted");
  grid.markPlace(null);
  verdicts.end();
  chip.dataset.dropped = "yes"; // the click that follows a drop does not open the visit
  setTimeout(() => delete chip.dataset.dropped, isTouch ? AFTER_TAP_MS : 0);
  return { chip, place };
}

function leave() {
  if (putDown()) use.leave();
}

function onUp(event) {
  if (drag?.id !== event.pointerId) return;
  const dropped = putDown();
  if (dropped?.place.cell) use.put(dropped.chip, dropped.place);
}

export function watch(acts) {
  use = acts;
  document.addEventListener("pointerdown", onDown);
  document.addEventListener("pointermove", onMove);
  document.addEventListener("pointerup", onUp);
  document.addEventListener("pointercancel", (event) => drag?.id === event.pointerId && leave());
  document.addEventListener("keydown", (event) => event.key === "Escape" && drag && leave());
  // A browser scrolls unless the first movement is refused, and long presses open menus.
  document.getElementById("board").addEventListener("touchmove", (event) => drag?.ghost && event.preventDefault(), { passive: false });
  document.addEventListener("contextmenu", (event) => drag?.isTouch && event.preventDefault());
}
