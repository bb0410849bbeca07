// Short notices. A success leaves by itself, a refusal stays until it is read.
const STAY_MS = 7000;
const ICONS = { success: "✓", info: "i", warning: "!", danger: "!", error: "!" };

function region() {
  const box = document.getElementById("toasts");
  // A modal dialog makes the rest of the page inert: the notice must stand inside it to be seen and read.
  const open = [...document.querySelectorAll("dialog[open]")].pop();
  const home = open || document.body;
  if (box && box.parentElement !== home) home.append(box);
  return box;
}

// A button beside the sentence, for example Undo: it tells the page with an event of its own and goes.
function actionButton(item, { label, event, detail }) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "toast-action btn btn-sm";
  button.textContent = label;
  button.addEventListener("click", () => {
    item.remove();
    document.body.dispatchEvent(new CustomEvent(event, { detail }));
  });
  return button;
}

/** Shows one sentence. tone: success, info, warning or danger; action: {label, event, detail} of a button. */
export function toast(text, tone = "success", action = null) {
  const box = region();
  if (!box || !text) return;
  const item = document.createElement("div");
  item.className = `toast-item tone-${tone === "error" ? "danger" : tone}`;
  const mark = document.createElement("span");
  mark.className = "toast-mark";
  mark.setAttribute("aria-hidden", "true");
  mark.textContent = ICONS[tone] || ICONS.info;
  const words = document.createElement("span");
  words.className = "toast-text";
  words.textContent = text;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "toast-close";
  close.setAttribute("aria-label", box.dataset.close);
  close.textContent = "×";
  close.addEventListener("click", () => item.remove());
  item.append(mark, words);
  if (action) item.append(actionButton(item, action));
  item.append(close);
  box.append(item);
  if (tone === "success" || tone === "info") leave(item);
}

function leave(item) {
  const timer = setTimeout(() => {
    // Somebody who is reading or pointing at it keeps it.
    if (item.matches(":hover, :focus-within")) leave(item);
    else item.remove();
  }, STAY_MS);
  item.addEventListener("click", () => clearTimeout(timer), { once: true });
}

/** The sentence for an HTTP status, written in the page in the person's language. */
export function sentence(status) {
  const box = document.getElementById("toasts");
  if (!box) return "";
  return box.dataset[String(status)] || (status >= 500 ? box.dataset["500"] : box.dataset["400"]);
}

export function toastFor(name) {
  const box = document.getElementById("toasts");
  if (box) toast(box.dataset[name], "danger");
}

/** The dialog's content is about to be replaced or removed: the notices must not go with it. */
export function rescue() {
  const box = document.getElementById("toasts");
  if (box && box.parentElement !== document.body) document.body.append(box);
}

/** Moves the notices to where they can be seen: into the dialog on top, else the page. */
export function settle() {
  region();
}
