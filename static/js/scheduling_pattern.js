// The pattern form: "Choose" beside a suggestion fills the first empty line of who comes.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-choose-caregiver]");
  if (!button) return;
  const lines = [...document.querySelectorAll('select[name^="team-"][name$="-member"]')];
  const select = lines.find((line) => line.value === button.dataset.chooseCaregiver) || lines.find((line) => !line.value) || lines[0];
  select.value = button.dataset.chooseCaregiver;
  select.dispatchEvent(new Event("change", { bubbles: true }));
  select.focus();
});
