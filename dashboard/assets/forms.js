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
// The key of an invitation stands behind the # of its link, which no browser sends: it goes into the form and out of the address.
function takeKey() {
  const form = document.querySelector("form[data-takes-key]");
  if (!form || location.hash.length < 2) return;
  form.elements.key.value = location.hash.slice(1);
  history.replaceState(null, "", location.pathname + location.search);
  form.requestSubmit();
}
takeKey();
window.addEventListener("hashchange", takeKey);
