// The outbox: every act is written to the phone first and sent in order, until the server has it (docs/field-work.md).
import * as store from "homecare/care_store";

const TIMEOUT_MS = 30_000;
const EVERY_MS = 60_000;
const KEEP_SENT_MS = 36 * 3_600_000;
// The server will never take it: keep it aside, show it, and go on with the next.
const NEVER = new Set([400, 409, 413, 422]);

export const news = new EventTarget();

const strip = () => document.getElementById("care");
export const user = () => Number(strip()?.dataset.user || 0);

function tell(type, detail) {
  news.dispatchEvent(new CustomEvent(type, { detail }));
}

/** Keeps one act on the phone; resolves once the disk has it. `holdMs`: do not send yet, more is coming (position). */
export async function enqueue(kind, visit, body, { holdMs = 0 } = {}) {
  const item = {
    key: crypto.randomUUID(),
    user: user(),
    kind,
    visit,
    at: new Date().toISOString(),
    body,
    hold_until: holdMs ? Date.now() + holdMs : 0,
  };
  item.order = await store.add(item);
  tell("change", item);
  if (!holdMs) flush();
  return item;
}

/** What was still missing has come: add it and send. */
export async function complete(item, more) {
  await store.amend(item.order, (kept) => ({ body: { ...kept.body, ...more }, hold_until: 0 }));
  flush();
}

let isWaitingToFlush = false;

export async function flush() {
  if (isWaitingToFlush || !user()) return;
  isWaitingToFlush = true;
  const drain = () => {
    isWaitingToFlush = false;
    return sendAll();
  };
  // One sender at a time, over all open pages; without locks the server still takes each act only once.
  try {
    if (navigator.locks) await navigator.locks.request("care-outbox", drain);
    else await drain();
  } finally {
    isWaitingToFlush = false;
  }
}

async function sendAll() {
  for (;;) {
    const [item] = await store.waiting(user());
    if (!item) return;
    if (item.hold_until > Date.now()) {
      setTimeout(flush, item.hold_until - Date.now() + 50);
      return;
    }
    if (!(await sendOne(await withOffset(item)))) return;
  }
}

// The offset is fixed at the first try: the same act sent again must be the same, byte for byte.
async function withOffset(item) {
  if (item.offset_ms !== undefined) return item;
  const offset_ms = Math.round((await store.value("offset")) || 0);
  await store.amend(item.order, () => ({ offset_ms }));
  return { ...item, offset_ms };
}

async function post(item) {
  const { key, kind, visit, at, body, offset_ms } = item;
  return fetch(strip().dataset.events, {
    method: "POST",
    credentials: "same-origin",
    headers: { "Content-Type": "application/json", "Idempotency-Key": key, "X-Care-Outbox": "1" },
    body: JSON.stringify({ key, kind, visit, at, body, offset_ms, user: item.user }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
}

async function sendOne(item) {
  let response;
  let answer = {};
  try {
    response = await post(item);
    answer = await response.json();
  } catch {
    tell("offline");
    return false;
  }
  if (response.status === 401 || response.status === 403) {
    tell("signed-out", answer);
    return false;
  }
  if (!response.ok && !NEVER.has(response.status)) return false;
  await store.settle(item, answer, !response.ok);
  tell("settled", { item, answer, ok: response.ok });
  tell("change", item);
  return true;
}

/** Our clock against the server's, and whether this phone is still signed in. */
export async function measure() {
  try {
    const before = Date.now();
    const headers = { "HX-Trigger-Poll": "1" };
    const response = await fetch(strip().dataset.events, { headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
    const after = Date.now();
    if (response.status === 401) tell("signed-out", await response.json());
    if (response.ok) await store.keepValue("offset", (await response.json()).now - (before + after) / 2);
  } catch {
    tell("offline");
  }
}

/** Sends at the start, when the signal or the page comes back, and every minute while the page is open. */
export async function start() {
  addEventListener("online", flush);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && flush());
  setInterval(() => {
    flush();
    // Says that the phone has signal; no work of a person, so it keeps no session alive.
    if (document.visibilityState === "visible") measure();
  }, EVERY_MS);
  await measure();
  await store.forgetOld(Date.now() - KEEP_SENT_MS);
  await flush();
}
