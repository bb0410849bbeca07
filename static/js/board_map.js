// The map and its list point at each other: what the pointer or the focus is on in one is shown in both, with the
// whole day of its caregiver. Without this module both stand there and work the same.
const page = document.getElementById("board");
const all = (kind, key) => page.querySelectorAll(`[data-${kind}="${CSS.escape(key)}"]`);

function show(place) {
  page.querySelectorAll(".is-shown").forEach((old) => old.classList.remove("is-shown"));
  const route = place?.closest?.("[data-route]")?.dataset.route;
  page.querySelector(".day-map")?.classList.toggle("is-pointed", Boolean(route));
  if (!route) return;
  all("route", route).forEach((part) => part.classList.add("is-shown"));
  const stop = place.closest("[data-stop]")?.dataset.stop;
  if (stop) all("stop", stop).forEach((part) => part.classList.add("is-shown"));
}

page.addEventListener("pointerover", (event) => show(event.target));
page.addEventListener("pointerleave", () => show(null));
page.addEventListener("focusin", (event) => show(event.target));
page.addEventListener("focusout", () => show(null));
