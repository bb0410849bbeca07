{% load i18n %}// Keeps today's and tomorrow's pages and what they need, for when there is no signal. A classic worker: every browser runs it.
const PAGES = "care-pages-";
const ASSETS = "care-assets-1";
const META = "/care/kept-pages";
const PATIENCE_MS = 4000;
const FRESH_MS = 4 * 3600 * 1000;
const ALWAYS = ["/care/", "/care/week/", "/care/waiting/"];

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(tidy()));

async function tidy() {
  for (const name of await caches.keys()) if (name.startsWith("care-assets-") && name !== ASSETS) await caches.delete(name);
  await self.clients.claim();
}

self.addEventListener("message", (event) => event.waitUntil(keep(event.data)));

async function keep({ user, assets, modules, pages }) {
  // Another person's pages are not this one's to see.
  for (const name of await caches.keys()) if (name.startsWith(PAGES) && name !== PAGES + user) await caches.delete(name);
  const store = await caches.open(ASSETS);
  for (const url of [...assets, ...modules]) if (!(await store.match(url, { ignoreVary: true }))) await store.add(url).catch(() => {});
  if (pages) await keepPages(await caches.open(PAGES + user), pages);
}

async function keepPages(cache, pages) {
  const known = await cache.match(META);
  const before = known ? await known.json() : {};
  const wanted = Object.fromEntries([...ALWAYS.map((url) => [url, ""]), ...pages.map((page) => [page.url, page.stamp])]);
  const now = {};
  for (const [url, stamp] of Object.entries(wanted)) {
    const old = before[url];
    const isFresh = old && old.stamp === stamp && Date.now() - old.at < FRESH_MS && (await cache.match(url, { ignoreVary: true }));
    now[url] = isFresh ? old : (await fetchInto(cache, url)) ? { stamp, at: Date.now() } : old;
  }
  for (const request of await cache.keys()) {
    const path = new URL(request.url).pathname;
    if (path !== META && !(path in wanted)) await cache.delete(request);
  }
  await cache.put(META, new Response(JSON.stringify(now)));
}

function isOurPage(response) {
  return response.ok && !response.redirected && (response.headers.get("Content-Type") || "").startsWith("text/html");
}

async function fetchInto(cache, url) {
  try {
    const response = await fetch(url, { credentials: "same-origin" });
    if (!isOurPage(response)) return false;
    await cache.put(url, response);
    return true;
  } catch {
    return false;
  }
}

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin) return;
  if (url.pathname.startsWith("/static/") || url.pathname === "/brand.css") event.respondWith(asset(event));
  else if (event.request.mode === "navigate" && url.pathname.startsWith("/care/")) event.respondWith(page(event.request, url));
});

// What is kept at once, and renewed behind: names carry their hash, so an old file never stands in for a new one.
async function asset(event) {
  const cache = await caches.open(ASSETS);
  const kept = await cache.match(event.request, { ignoreVary: true });
  const fresh = fetch(event.request).then((response) => {
    if (response.ok) event.waitUntil(cache.put(event.request, response.clone()));
    return response;
  });
  if (!kept) return fresh;
  event.waitUntil(fresh.catch(() => {}));
  return kept;
}

async function keptPage(url) {
  for (const name of await caches.keys()) {
    if (!name.startsWith(PAGES)) continue;
    const response = await (await caches.open(name)).match(url.pathname, { ignoreVary: true });
    if (response) return response;
  }
  return null;
}

async function renew(url, response) {
  if (!isOurPage(response) || url.search) return;
  for (const name of await caches.keys()) {
    if (!name.startsWith(PAGES)) continue;
    const cache = await caches.open(name);
    if (await cache.match(url.pathname, { ignoreVary: true })) await cache.put(url.pathname, response);
  }
}

async function page(request, url) {
  const fromNetwork = fetch(request).then(async (response) => {
    await renew(url, response.clone());
    return response;
  });
  const patience = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
  try {
    const first = await Promise.race([fromNetwork, patience]);
    return first || (await keptPage(url)) || (await fromNetwork);
  } catch {
    return (await keptPage(url)) || nothingKept();
  }
}

function nothingKept() {
  const text = "{% filter escapejs %}{% translate 'No signal, and this page is not on the phone. Go back to Today; what you recorded is safe.' %}{% endfilter %}";
  const back = "{% filter escapejs %}{% translate 'Today' %}{% endfilter %}";
  const html = `<!DOCTYPE html><html lang="{{ LANGUAGE_CODE|default:'en' }}"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${back}</title><h1>${back}</h1><p>${text}</p><p><a href="/care/">${back}</a></p></html>`;
  return new Response(html, { status: 503, headers: { "Content-Type": "text/html; charset=utf-8" } });
}
