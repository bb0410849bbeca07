// Plain forms: sent once, however often the button is pressed; a select may send its form by itself.
function sendOnce(event) {
  const form = event.target;
  if (event.defaultPrevented || form.method === "dialog" || form.method === "get") return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  form.setAttribute("aria-busy", "true");
}

// Coming back with the browser's back button: the form may be sent again.
function forget() {
  document.querySelectorAll("form[data-sent]").forEach((form) => {
    delete form.dataset.sent;
    form.removeAttribute("aria-busy");
  });
}

function submitOnChange(event) {
  if (event.target.matches("[data-submit-on-change]")) event.target.form.requestSubmit();
}

function checkAll(event) {
  const master = event.target.closest("[data-check-all]");
  if (!master) return;
  const scope = document.querySelector(master.dataset.checkAll) || master.closest("form");
  scope.querySelectorAll("input[type=checkbox]:not([data-check-all]):not(:disabled)").forEach((box) => {
    box.checked = master.checked;
  });
}

function printPage(event) {
  if (event.target.closest("[data-print]")) window.print();
}

async function copyText(event) {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.querySelector(button.dataset.copy);
  const { toast } = await import("homecare/toasts");
  await navigator.clipboard.writeText(source.value ?? source.textContent.trim());
  toast(button.dataset.copied, "success");
}

export function watchForms() {
  document.addEventListener("submit", sendOnce);
  window.addEventListener("pageshow", forget);
  document.addEventListener("change", submitOnChange);
  document.addEventListener("change", checkAll);
  document.addEventListener("click", printPage);
  document.addEventListener("click", copyText);
}
