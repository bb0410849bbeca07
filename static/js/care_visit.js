// The visit's page: every form becomes an act in the outbox, and the page shows it at once, also after a reload.
import * as store from "homecare/care_store";
import * as outbox from "homecare/care_outbox";
import { LONGEST_MS, findPlace } from "homecare/care_place";
import { ask } from "homecare/dialogs";
import { toast } from "homecare/toasts";

const page = document.querySelector("article[data-visit]");
const words = document.getElementById("care").dataset;
const visit = Number(page.dataset.visit);
// Clients who share a visit share its clock: what was clocked on one's page counts on the other's.
const sharing = page.dataset.sharing.split(" ").filter(Boolean).map(Number);
const SHARED_ACTS = ["clock_in", "clock_out", "confirm"];
const isHere = (item) => item.visit === visit || (sharing.includes(item.visit) && SHARED_ACTS.includes(item.kind));
const clock = (at) => new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });

// --- what each form means -------------------------------------------------------------------------------------------

function taskBody(form, submitter) {
  const outcome = submitter.value;
  const reason = form.elements.reason.value.trim();
  const missing = form.querySelector("[data-reason-missing]");
  const lacks = "needsReason" in submitter.dataset && !reason;
  missing.hidden = !lacks;
  missing.classList.toggle("d-block", lacks);
  if (lacks) {
    form.elements.reason.focus();
    return null;
  }
  return { planned_task: Number(form.elements.planned_task.value), outcome, reason: outcome === "done" ? "" : reason };
}

function vitalsBody(form) {
  const values = {};
  for (const input of form.querySelectorAll("input[type=number]")) if (input.value) values[input.name] = input.value;
  const none = !Object.keys(values).length;
  const missing = form.querySelector("[data-values-missing]");
  missing.hidden = !none;
  missing.classList.toggle("d-block", none);
  if (none || !form.reportValidity()) return null;
  return { values };
}

function noteBody(form) {
  const text = form.elements.text.value.trim();
  const missing = form.querySelector("[data-text-missing]");
  missing.hidden = Boolean(text);
  missing.classList.toggle("d-block", !text);
  if (!text) form.elements.text.focus();
  return text ? { text } : null;
}

async function finishBody(form) {
  const open = page.querySelectorAll('[data-task][data-outcome="pending"]').length;
  if (!open) return {};
  const { questionOne, questionMany, detail, yes } = form.dataset;
  const question = open === 1 ? questionOne : questionMany.replace("%n", open);
  return (await ask(question, { detail, yes })) ? {} : null;
}

function deviceBody(form) {
  const code = form.elements.code.value.replace(/\D/g, "");
  const missing = form.querySelector("[data-code-missing]");
  missing.hidden = code.length === 8;
  missing.classList.toggle("d-block", code.length !== 8);
  if (code.length !== 8) {
    form.elements.code.focus();
    return null;
  }
  return { kind: form.elements.kind.value, code };
}

let signature = null;

function correctionBody(form) {
  const { start, end, reason, signed_name } = Object.fromEntries(new FormData(form));
  const strokes = signature?.strokes(form) || [];
  const lacks = !(start || end) || !reason.trim() || !(strokes.length || signed_name.trim());
  const missing = form.querySelector("[data-correction-missing]");
  missing.hidden = !lacks;
  missing.classList.toggle("d-block", lacks);
  return lacks ? null : { start, end, reason: reason.trim(), signed_name: signed_name.trim(), strokes };
}

const BODIES = { correction: correctionBody, device_code: deviceBody, task: taskBody, vitals: vitalsBody, note: noteBody, clock_out: finishBody };

async function onSubmit(event) {
  const form = event.target.closest("form[data-act]");
  if (!form) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (form.dataset.busy) return;
  const kind = form.dataset.act;
  const body = BODIES[kind] ? await BODIES[kind](form, event.submitter) : {};
  if (!body) return;
  form.dataset.busy = "yes";
  try {
    await keep(kind, body);
    if (kind !== "task") form.reset();
    if (kind === "correction") {
      signature?.clear(form);
      form.closest("details").hidden = true;
    }
    form.querySelector("details")?.removeAttribute("open");
  } catch {
    toast(words.wordFailed, "danger");
  } finally {
    delete form.dataset.busy;
  }
}

async function keep(kind, body) {
  const isClock = kind.startsWith("clock");
  // The time is kept with the tap; the position is added when it is known.
  const item = await outbox.enqueue(kind, visit, body, { holdMs: isClock ? LONGEST_MS : 0 });
  show(item);
  if (!navigator.onLine) toast(words.wordSaved, "info");
  if (isClock) await outbox.complete(item, await findPlace());
}

// --- showing acts on the page ---------------------------------------------------------------------------------------

function setStatus(status) {
  page.dataset.status = status;
  for (const part of page.querySelectorAll("[data-show]")) part.hidden = !part.dataset.show.split(" ").includes(status);
}

function stamp(name, at) {
  page.querySelector(`[data-${name}]`).hidden = false;
  page.querySelector(`[data-${name}-at]`).textContent = clock(at);
}

function listItem(list, text) {
  const item = document.createElement("li");
  item.textContent = text;
  list.append(item);
}

const SHOW = {
  clock_in(item) {
    if (page.querySelector("[data-started]").hidden) stamp("started", item.at);
    page.querySelector("[data-finished]").hidden = true;
    setStatus("in_progress");
  },
  clock_out(item) {
    stamp("finished", item.at);
    setStatus("completed");
  },
  confirm: () => page.dataset.status === "planned" && setStatus("confirmed"),
  task({ body }) {
    const row = page.querySelector(`[data-task="${body.planned_task}"]`);
    if (!row) return;
    const label = row.closest("[data-tasks]").dataset[body.outcome] || "";
    row.dataset.outcome = body.outcome;
    row.querySelector("[data-state]").textContent = body.reason ? `${label}: ${body.reason}` : label;
  },
  vitals({ body }) {
    const list = page.querySelector("[data-readings]");
    for (const [kind, value] of Object.entries(body.values)) {
      const label = page.querySelector(`label[for="sign-${kind}"]`)?.firstChild.textContent.trim() || kind;
      listItem(list, `${label}: ${value}`);
    }
  },
  note: ({ body }) => listItem(page.querySelector("[data-notes]"), body.text),
  correction({ body }) {
    const list = page.querySelector("[data-corrections]");
    if (list) listItem(list, `${body.start || "…"}–${body.end || "…"} · ${list.dataset.waiting}`);
  },
  device_code({ body }) {
    const list = page.querySelector("[data-codes]");
    if (list) listItem(list, `${list.dataset[body.kind]}: ${body.code}`);
  },
};

const shown = new Set();

function show(item) {
  if (shown.has(item.key)) return;
  shown.add(item.key);
  SHOW[item.kind]?.(item);
}

function showAnswer({ item, answer }) {
  if (item.visit !== visit) return;
  if (answer.sentence) toast(answer.sentence, "warning");
  showAlerts(answer);
}

function showAlerts(answer) {
  const box = page.querySelector("[data-alerts]");
  for (const text of answer.alerts || []) {
    const notice = document.createElement("div");
    notice.className = "notice notice-danger";
    notice.setAttribute("role", "alert");
    notice.textContent = text;
    box?.append(notice);
  }
}

// A page kept on the phone is older than what was recorded since: lay over it what waits and what was sent after it.
async function overlay() {
  const loaded = Number(page.dataset.now) * 1000;
  const since = (await store.sent(outbox.user())).filter((item) => (item.answer?.now || 0) > loaded);
  const applied = since.filter((item) => item.answer?.state === "applied");
  const waits = await store.waiting(outbox.user());
  const acts = [...applied, ...waits].filter(isHere);
  acts.sort((one, other) => one.order - other.order).forEach(show);
  applied.filter((item) => item.visit === visit).forEach((item) => showAlerts(item.answer));
}

document.addEventListener("submit", onSubmit, true);
outbox.news.addEventListener("settled", (event) => showAnswer(event.detail));
await overlay();
const correction = page.querySelector('form[data-act="correction"]');
if (correction) {
  try {
    signature = await import("homecare/care_signature");
    signature.watch(correction);
  } catch {
    // The name typed below counts as well.
  }
}
page.dataset.ready = "yes";
