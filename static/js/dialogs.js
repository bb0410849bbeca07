// The one dialog whose content htmx loads (hx-target="#dialog"), and the question before what cannot be undone.
import { rescue, settle } from "homecare/toasts";

function openWithContent(dialog) {
  if (!dialog.open) dialog.showModal();
  const first =
    dialog.querySelector("[data-error-summary]") ||
    dialog.querySelector("[autofocus]") ||
    dialog.querySelector("form :is(input:not([type=hidden]), select, textarea)") ||
    dialog.querySelector("#dialog-title");
  first?.focus();
  settle();
}

function closeAndEmpty(dialog) {
  if (dialog.open) dialog.close();
}

/** Asks; resolves to true when the person says yes. */
export function ask(question, { detail = "", yes = "", danger = false } = {}) {
  const dialog = document.getElementById("confirm");
  const button = dialog.querySelector("[value=yes]");
  dialog.querySelector("#confirm-question").textContent = question;
  const more = dialog.querySelector("#confirm-detail");
  more.textContent = detail;
  more.hidden = !detail;
  button.textContent = yes || button.dataset.defaultLabel;
  button.classList.toggle("btn-danger", danger);
  button.classList.toggle("btn-primary", !danger);
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

function wording(element) {
  const from = element.closest("[data-confirm-yes], [data-confirm-detail], [data-confirm-danger]") || element;
  return {
    detail: from.dataset.confirmDetail || "",
    yes: from.dataset.confirmYes || "",
    danger: from.hasAttribute("data-confirm-danger"),
  };
}

async function askBeforeRequest(event) {
  if (!event.detail.question) return;
  event.preventDefault();
  if (await ask(event.detail.question, wording(event.detail.elt))) event.detail.issueRequest(true);
}

// <form data-confirm="…"> or <button data-confirm="…"> in a plain form.
async function askBeforeSubmit(event) {
  const form = event.target;
  const source = event.submitter?.closest("[data-confirm]") || form.closest("[data-confirm]");
  if (!source || form.dataset.confirmed) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const submitter = event.submitter;
  if (!(await ask(source.dataset.confirm, wording(source)))) return;
  form.dataset.confirmed = "yes";
  form.requestSubmit(submitter && submitter.form === form ? submitter : undefined);
  delete form.dataset.confirmed;
}

function watchClicks(event) {
  if (event.target.closest("[data-dialog-close]")) {
    event.preventDefault();
    event.target.closest("dialog")?.close();
  }
  const opener = event.target.closest("[data-open-dialog]");
  if (opener) document.getElementById(opener.dataset.openDialog)?.showModal();
}

// The menu is a dialog only while it slides over the page; a name at other times would make it content of its own.
function watchSidebar() {
  const sidebar = document.getElementById("sidebar");
  sidebar?.addEventListener("show.bs.offcanvas", () => sidebar.setAttribute("aria-label", sidebar.dataset.openLabel));
  sidebar?.addEventListener("hidden.bs.offcanvas", () => sidebar.removeAttribute("aria-label"));
}

export function watchDialogs() {
  watchSidebar();
  const dialog = document.getElementById("dialog");
  if (!dialog) return;
  document.body.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target === dialog && dialog.childElementCount) openWithContent(dialog);
  });
  document.body.addEventListener("dialog:close", () => closeAndEmpty(dialog));
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target === dialog) rescue();
  });
  dialog.addEventListener("close", () => {
    rescue();
    dialog.replaceChildren();
  });
  document.getElementById("confirm")?.addEventListener("close", settle);
  document.body.addEventListener("htmx:confirm", askBeforeRequest);
  document.addEventListener("submit", askBeforeSubmit, true);
  document.addEventListener("click", watchClicks);
}
