// The drop zone of the referral upload: files dropped on it land in the file input, and the chosen ones are named.
// Without this module the input alone works the same.
const zone = document.querySelector("[data-drop-zone]");
const input = zone.querySelector("input[type=file]");
const list = zone.querySelector("[data-chosen-files]");

function nameFiles() {
  list.replaceChildren(
    ...[...input.files].map((file) => {
      const item = document.createElement("li");
      item.textContent = `${file.name} (${Math.max(1, Math.round(file.size / 1024)).toLocaleString()} KB)`;
      return item;
    }),
  );
}

function over(event) {
  event.preventDefault();
  zone.classList.add("is-over");
}

function drop(event) {
  event.preventDefault();
  zone.classList.remove("is-over");
  if (!event.dataTransfer.files.length) return;
  input.files = event.dataTransfer.files;
  nameFiles();
}

zone.addEventListener("dragover", over);
zone.addEventListener("dragleave", () => zone.classList.remove("is-over"));
zone.addEventListener("drop", drop);
input.addEventListener("change", nameFiles);
nameFiles();
