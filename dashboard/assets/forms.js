"use strict";
// While a file is read the page says so, and nobody sends it twice.
document.addEventListener("submit", (event) => {
  const form = event.target;
  const words = form.dataset.busy;
  if (!words) return;
  const told = form.querySelector(".busy");
  if (told) told.textContent = words;
  form.setAttribute("aria-busy", "true");
  setTimeout(() => form.querySelectorAll("button").forEach((button) => { button.disabled = true; }), 0);
});
// A page shown again by the Back button is ready again.
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[aria-busy]").forEach((form) => {
    form.removeAttribute("aria-busy");
    form.querySelectorAll("button").forEach((button) => { button.disabled = false; });
    const told = form.querySelector(".busy");
    if (told) told.textContent = "";
  });
});
