// A long list of boxes: a search box over it hides what does not match. What is hidden stays ticked and is sent.
// Without this module the whole list stands there and works the same.
const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

function filter(list, words) {
  for (const group of list.querySelectorAll("[data-tick-group]")) {
    const role = plain(group.querySelector("legend").textContent);
    const rows = [...group.querySelectorAll("[data-tick]")];
    for (const row of rows) {
      const text = `${plain(row.textContent)} ${role}`;
      row.hidden = !words.every((word) => text.includes(word));
    }
    group.hidden = rows.every((row) => row.hidden);
  }
}

function count(list) {
  const rows = [...list.querySelectorAll("[data-tick]")];
  const numbers = {
    shown: rows.filter((row) => !row.hidden).length,
    all: rows.length,
    ticked: list.querySelectorAll("[data-tick] input:checked").length,
  };
  const says = list.querySelector("[data-tick-count]");
  says.textContent = list.dataset.words.replace(/\{(\w+)\}/g, (_all, name) => numbers[name]);
}

for (const list of document.querySelectorAll("[data-tick-list]")) {
  const find = list.querySelector("[data-tick-find]");
  const input = find.querySelector("input");
  find.hidden = false;
  input.addEventListener("input", () => {
    filter(list, plain(input.value).split(/\s+/).filter(Boolean));
    count(list);
  });
  // Enter looks for somebody here; it does not send the form.
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
  list.addEventListener("change", () => count(list));
  count(list);
}
