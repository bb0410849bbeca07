// What the rules say to a visit that is carried: one question when it is picked up, shown in every place of the board.
import { board, isDay, rowIds, visitAddress } from "homecare/board_grid";

const SIGNS = { allowed: "✓", warned: "!", blocked: "✕" };
const WAIT_MS = 250;
let known = {}; // cell id → [state, why]
let asked = 0; // the newest question; older answers are dropped
let timer = null;

const word = (state) => board().dataset[state];

function label(state, why) {
  const span = document.createElement("span");
  span.className = `verdict is-${state}`;
  span.textContent = why ? `${SIGNS[state]} ${word(state)}: ${why}` : `${SIGNS[state]} ${word(state)}`;
  return span;
}

function show(verdicts) {
  clear();
  known = verdicts;
  for (const [id, [state, why]] of Object.entries(verdicts)) {
    const cell = document.getElementById(id);
    if (!cell) continue;
    cell.classList.add(`is-${state}`);
    // In the week the reason of the place under the visit stands at the foot of the page.
    const shown = label(state, isDay() ? why : "");
    if (!isDay() && state === "allowed") shown.textContent = SIGNS[state];
    cell.append(shown);
  }
}

export function clear() {
  known = {};
  board().querySelectorAll(".verdict").forEach((old) => old.remove());
  board().querySelectorAll(".is-allowed, .is-warned, .is-blocked").forEach((cell) => {
    cell.classList.remove("is-allowed", "is-warned", "is-blocked");
  });
}

async function ask(chip, place, then) {
  const number = ++asked;
  const when = place.minute === undefined ? "" : `&minute=${place.minute}&length=${place.length}`;
  const answer = await fetch(`${visitAddress(chip.dataset.visit, "verdicts/")}&rows=${rowIds()}${when}`, {
    headers: { Accept: "application/json" },
  }).catch(() => null);
  // Without an answer the board still moves visits; the server judges the drop in any case.
  if (number !== asked || !answer?.ok || answer.redirected) return;
  show((await answer.json()).verdicts);
  then();
}

/** Asks at once; `then` is called when the answer stands on the board. */
export function begin(chip, place, then) {
  clearTimeout(timer);
  ask(chip, place, then);
}

/** The visit would begin at another time: what was said does not hold any more. */
export function again(chip, place, then) {
  clearTimeout(timer);
  timer = setTimeout(() => ask(chip, place, then), WAIT_MS);
}

export function end() {
  asked += 1;
  clearTimeout(timer);
  clear();
  document.getElementById("board-tip")?.remove();
}

/** The verdict over a cell in words, also shown at the foot of the page. */
export function tell(cell) {
  const [state, why] = known[cell?.id] || [];
  let tip = document.getElementById("board-tip");
  if (!state) {
    tip?.remove();
    return "";
  }
  if (!tip) {
    tip = document.createElement("div");
    tip.id = "board-tip";
    tip.setAttribute("aria-hidden", "true");
    document.body.append(tip);
  }
  tip.className = `board-tip is-${state}`;
  tip.textContent = label(state, why).textContent;
  return tip.textContent;
}
