// What others change appears by itself; the last move can be taken back. Neither disturbs who is carrying a visit.
import { address, board, focusChip, rove, rowIds } from "homecare/board_grid";
import { toast } from "homecare/toasts";

const EVERY_MS = 15_000;
const told = new Set(); // events of the trail that were announced
let isBusy = () => false;
let asking = false;
let focused = null;

const isQuiet = () => !document.hidden && board() && !isBusy() && !document.querySelector("dialog[open]");

function sameCell(fragment, target) {
  const fresh = fragment.cloneNode(true);
  fresh.removeAttribute("hx-swap-oob");
  const shown = target.cloneNode(true);
  for (const cell of [fresh, shown]) cell.querySelectorAll?.("[tabindex]").forEach((one) => one.removeAttribute("tabindex"));
  return fresh.outerHTML === shown.outerHTML;
}

async function poll() {
  if (asking || !isQuiet()) return;
  asking = true;
  try {
    const { changesUrl, cursor } = board().dataset;
    const url = `${address(changesUrl)}&since=${cursor}&rows=${rowIds()}`;
    await htmx.ajax("GET", url, { source: board(), target: board(), swap: "none" });
  } finally {
    asking = false;
  }
}

function keepCursor(event) {
  const cursor = event.detail.xhr?.getResponseHeader("X-Board-Cursor");
  // A visit was picked up meanwhile: its board stays as it is, and the same changes are asked for again.
  if (cursor && board() && !isBusy()) board().dataset.cursor = cursor;
}

function beforeCell(event) {
  const { target, fragment } = event.detail;
  const fresh = fragment?.querySelector?.(`#${CSS.escape(target.id)}`) || fragment;
  if (!target.closest?.("table.board")) return;
  if (isBusy() || (fresh instanceof Element && sameCell(fresh, target))) {
    event.detail.shouldSwap = false;
    return;
  }
  if (target.contains(document.activeElement)) focused = document.activeElement.id || target.id;
}

function afterCell() {
  if (!focused) return;
  const chip = document.getElementById(focused);
  focused = null;
  if (chip?.matches(".chip")) focusChip(chip);
}

function announce(event) {
  const { said = [], redraw } = event.detail.value ?? event.detail;
  if (redraw && !isBusy()) htmx.ajax("GET", location.href, { target: "#board", swap: "innerHTML" });
  said.forEach(({ id, text }) => {
    const key = `${id}:${text}`;
    if (!told.has(key)) toast(text, "info");
    told.add(key);
  });
  if (board() && !board().querySelector('.chip[tabindex="0"]')) rove(board().querySelector(".chip"));
}

export function undo(key = "") {
  return htmx.ajax("POST", address(board().dataset.undoUrl), { source: board(), target: board(), swap: "none", values: { move: key } });
}

export function watch(busy) {
  isBusy = busy;
  setInterval(poll, EVERY_MS);
  const page = document.body;
  document.addEventListener("visibilitychange", poll);
  page.addEventListener("htmx:afterRequest", keepCursor);
  page.addEventListener("htmx:oobBeforeSwap", beforeCell);
  page.addEventListener("htmx:oobAfterSwap", afterCell);
  page.addEventListener("board:changed", announce);
  page.addEventListener("board:stale", () => setTimeout(poll, 0));
  page.addEventListener("board:undo", (event) => undo(event.detail));
}
