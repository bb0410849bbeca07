// On every phone page: what waits is always in sight, pages of today are kept, signing out never loses anything.
import * as store from "homecare/care_store";
import * as outbox from "homecare/care_outbox";
import { toast } from "homecare/toasts";

const strip = document.getElementById("care");
const words = strip.dataset;

async function showWaiting() {
  const waits = await store.waiting(outbox.user());
  const stuck = await store.stuck(outbox.user());
  const text = waits.length === 1 ? words.wordOne : words.wordMany.replace("%n", waits.length);
  const parts = [waits.length ? text : "", stuck.length ? words.wordStuck.replace("%n", stuck.length) : ""];
  document.getElementById("care-count").textContent = parts.filter(Boolean).join(" · ");
  strip.hidden = !waits.length && !stuck.length;
  strip.classList.toggle("is-stuck", stuck.length > 0);
  markCards(waits);
  await listWaiting(waits, stuck);
}

// Lists kept on the phone do not know what was recorded since.
function markCards(waits) {
  document.querySelectorAll("[data-care-mark]").forEach((mark) => mark.remove());
  for (const visit of new Set(waits.map((item) => item.visit))) {
    const state = document.querySelector(`.care-card[data-visits~="${visit}"] .care-card-state`);
    if (!state) continue;
    const mark = document.createElement("span");
    mark.className = "status-badge tone-warning";
    mark.dataset.careMark = "yes";
    mark.textContent = words.wordWaiting;
    state.append(" ", mark);
  }
}

function line(list, item, note, stuck) {
  const row = document.createElement("li");
  const what = document.createElement("strong");
  what.textContent = list.dataset[item.kind] || item.kind;
  const when = document.createElement("span");
  const at = new Date(item.at);
  when.textContent = `${at.toLocaleDateString()} ${at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })}`;
  const more = document.createElement("span");
  more.textContent = [item.body.text, note].filter(Boolean).join(" · ");
  row.append(what, when, more);
  if (stuck) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn";
    button.textContent = list.dataset.forget;
    button.addEventListener("click", () => store.forgetStuck(item.key).then(showWaiting));
    row.append(button);
  }
  return row;
}

async function listWaiting(waits, stuck) {
  const list = document.getElementById("care-list");
  if (!list) return;
  const rows = [
    ...stuck.map((item) => line(list, item, item.answer?.sentence, true)),
    ...waits.map((item) => line(list, item, words.wordWaiting, false)),
  ];
  if (!rows.length) {
    const nothing = document.createElement("li");
    nothing.textContent = list.dataset.nothing;
    rows.push(nothing);
  }
  list.replaceChildren(...rows);
}

async function showSignedOut() {
  if (!(await store.waiting(outbox.user())).length) return;
  const link = document.getElementById("care-waiting");
  link.href = `${words.login}?next=${encodeURIComponent(location.pathname)}`;
  document.getElementById("care-count").textContent = words.wordSignIn;
  strip.hidden = false;
}

function showOffline() {
  const page = document.querySelector("[data-care-page]");
  const note = document.getElementById("care-offline");
  note.hidden = navigator.onLine || !page;
  if (note.hidden) return;
  const at = new Date(Number(page.dataset.now) * 1000);
  note.textContent = words.wordOffline.replace("%t", at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }));
}

// Signing out while something waits would leave it to the next person on this phone.
async function guardSignOut(event) {
  const form = event.target;
  if (form.getAttribute("action") !== words.logout || form.dataset.emptied) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  await outbox.flush();
  if ((await store.waiting(outbox.user())).length) {
    toast(words.wordLogout, "danger");
    return;
  }
  await store.forgetSent();
  if (window.caches) for (const name of await caches.keys()) await caches.delete(name);
  form.dataset.emptied = "yes";
  form.requestSubmit(event.submitter || undefined);
}

function assets() {
  const loaded = performance.getEntriesByType("resource").map((entry) => entry.name);
  const linked = [...document.querySelectorAll("link[rel=stylesheet], script[src]")].map((one) => one.href || one.src);
  const own = [...loaded, ...linked].filter((url) => url.startsWith(location.origin));
  return [...new Set(own)].filter((url) => /\/static\/|\/brand\.css/.test(url));
}

async function keepPages() {
  if (!("serviceWorker" in navigator)) return;
  await navigator.serviceWorker.register(words.worker, { scope: "/care/" });
  const { active } = await navigator.serviceWorker.ready;
  const page = document.querySelector("[data-care-keep]");
  active.postMessage({
    user: outbox.user(),
    assets: assets(),
    modules: Object.values(JSON.parse(document.querySelector("script[type=importmap]").textContent).imports).filter((url) =>
      /\/(care_|toasts|dialogs|requests|forms|signature_pad)[^/]*\.js/.test(url),
    ),
    pages: page ? JSON.parse(page.dataset.careKeep) : null,
  });
}

outbox.news.addEventListener("change", showWaiting);
outbox.news.addEventListener("signed-out", showSignedOut);
addEventListener("online", showOffline);
addEventListener("offline", showOffline);
document.addEventListener("submit", guardSignOut, true);
document.getElementById("care-send")?.addEventListener("click", () => outbox.flush());
showOffline();
await showWaiting();
keepPages().catch(() => {
  // Without a worker (private window, old browser) the pages need signal; the outbox works all the same.
});
await outbox.start();
