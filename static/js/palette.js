// Search from anywhere: Ctrl/⌘ K opens, arrow keys choose, Enter opens the result.
function links(palette) {
  return [...palette.querySelectorAll("#palette-results a[href]")];
}

function move(palette, step) {
  const all = links(palette);
  if (!all.length) return;
  const at = all.indexOf(document.activeElement);
  const next = at + step;
  if (next < 0) palette.querySelector("input").focus();
  else all[Math.min(next, all.length - 1)].focus();
}

function open(palette) {
  if (!palette.open) palette.showModal();
  palette.querySelector("input").select();
}

function onKey(palette, event) {
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    move(palette, event.key === "ArrowDown" ? 1 : -1);
  } else if (event.key === "Enter" && event.target.matches("input")) {
    event.preventDefault();
    links(palette)[0]?.click();
  }
}

export function watchPalette() {
  const palette = document.getElementById("palette");
  if (!palette) return;
  if (/Mac|iPhone|iPad/.test(navigator.platform)) {
    document.querySelectorAll(".topbar-search kbd").forEach((key) => (key.textContent = "⌘ K"));
  }
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      open(palette);
    }
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-open-palette]")) open(palette);
    if (event.target === palette) palette.close();
  });
  palette.addEventListener("keydown", (event) => onKey(palette, event));
}
