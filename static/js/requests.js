// htmx: what to do with answers, refusals and lost connections. All htmx events are handled here.
import { sentence, toast, toastFor } from "homecare/toasts";

// The server does not count a page that refreshes itself as a person at work (idle log-off).
const POLL_HEADER = "HX-Trigger-Poll";
// … unless somebody really is: whoever writes a long note sends nothing for a while and must not be logged off.
const AT_WORK_MS = 60_000;
let lastTouch = 0;

function watchPerson() {
  for (const sign of ["keydown", "pointerdown"]) {
    document.addEventListener(sign, () => (lastTouch = Date.now()), { capture: true, passive: true });
  }
}

function isWholePage(text) {
  return /^\s*<!doctype html/i.test(text);
}

function isPoll(event) {
  const { triggeringEvent } = event.detail;
  return !triggeringEvent || triggeringEvent.type === "load";
}

function markPolls(event) {
  if (isPoll(event) && Date.now() - lastTouch > AT_WORK_MS) event.detail.headers[POLL_HEADER] = "1";
}

// The session ended and the answer is the log-in page: go there instead of drawing it into a fragment.
function leaveForWholePages(event) {
  const { xhr, target } = event.detail;
  if (target === document.body || !isWholePage(xhr.responseText)) return;
  event.detail.shouldSwap = false;
  const landed = new URL(xhr.responseURL || location.href);
  if (landed.pathname.startsWith("/accounts/")) {
    landed.searchParams.set("next", location.pathname + location.search);
    location.assign(landed);
  }
}

// A page that refreshes itself says nothing when that fails once: the next try comes by itself.
function isQuiet(event) {
  const config = event.detail.requestConfig;
  return Boolean(config) && config.verb === "get" && (!config.triggeringEvent || config.triggeringEvent.type === "load");
}

function tellRefusal(event) {
  const { xhr } = event.detail;
  if (/HX-Trigger:/i.test(xhr.getAllResponseHeaders()) && /"toast"/.test(xhr.getResponseHeader("HX-Trigger") || "")) return;
  if (isQuiet(event)) return;
  toast(sentence(xhr.status), "danger");
}

function busy(event, on) {
  const form = event.detail.elt.closest("form");
  if (!form) return;
  form.toggleAttribute("aria-busy", on);
  form.querySelectorAll("button:not([type=button])").forEach((button) => {
    button.disabled = on;
  });
}

function focusFirstError(root) {
  root.querySelector?.("[data-error-summary]")?.focus();
}

export function watchHtmx() {
  const page = document.body;
  watchPerson();
  page.addEventListener("htmx:configRequest", markPolls);
  page.addEventListener("htmx:beforeSwap", leaveForWholePages);
  page.addEventListener("htmx:responseError", tellRefusal);
  page.addEventListener("htmx:sendError", (event) => {
    if (!isQuiet(event)) toastFor("offline");
  });
  page.addEventListener("htmx:timeout", () => toastFor("timeout"));
  page.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.requestConfig.verb !== "get") busy(event, true);
  });
  page.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.requestConfig?.verb !== "get") busy(event, false);
  });
  page.addEventListener("htmx:afterSettle", (event) => focusFirstError(event.detail.target));
  page.addEventListener("toast", (event) => {
    const sent = event.detail.value ?? event.detail;
    (Array.isArray(sent) ? sent : [sent]).forEach((one) => toast(one.text, one.tone, one.action));
  });
  focusFirstError(document);
}
