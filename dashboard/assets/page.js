/* Posts what is chosen on a page, keeps native controls and the focus where they belong. Computes nothing. */

"use strict";

(function () {
  let count = 0;

  // The page as the server wrote it, to be read while scripts load; what is chosen on it waits for the living one.
  let before = document.getElementById("before");
  let waiting = null;

  function choose(name, value) {
    if (before) {
      waiting = [name, value];
      return;
    }
    // The number tells the same choice made twice from one choice reported twice.
    window.dash_clientside.set_props("choice", { data: { name: name, value: value, count: ++count } });
  }

  function clearSearch(field) {
    const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set;
    set.call(field, "");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  document.addEventListener("click", function (event) {
    const button = event.target.closest("button[data-choose]");
    if (button && !button.disabled) {
      choose(button.dataset.choose, button.dataset.value || "");
    }
  });

  document.addEventListener("change", function (event) {
    const field = event.target.closest("select[data-choose]");
    if (field) {
      choose(field.dataset.choose, field.value);
    }
  });

  // In a search: arrows walk through what was found, Enter takes the first, Escape leaves.
  document.addEventListener("keydown", function (event) {
    const search = event.target.closest(".search");
    if (!search) {
      return;
    }
    const field = search.querySelector("input");
    const stops = [field, ...search.querySelectorAll(".found button:not(:disabled)")];
    const here = stops.indexOf(document.activeElement);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && stops.length > 1) {
      event.preventDefault();
      stops[(here + step + stops.length) % stops.length].focus();
    } else if (event.key === "Enter" && here === 0 && stops.length > 1) {
      event.preventDefault();
      stops[1].click();
    } else if (event.key === "Escape" && field.value) {
      clearSearch(field);
      field.focus();
    }
  });

  // What had the focus before the page was drawn anew: its place, and the nearest thing that outlives it.
  let last = null;

  document.addEventListener("focusin", function (event) {
    const control = event.target;
    const group = control.closest("[data-home]");
    last = { id: control.id, home: group ? group.dataset.home : "" };
  });

  // Which lists the reader has opened: a page drawn anew would close them.
  const opened = new Set();

  document.addEventListener("click", function (event) {
    const list = event.target.closest("summary") && event.target.closest("details[id]");
    if (list) {
      opened[list.open ? "delete" : "add"](list.id);
    }
  });

  function refocus() {
    const active = document.activeElement;
    if (!last || (active && active !== document.body)) {
      return;
    }
    const target = (last.id && document.getElementById(last.id)) || (last.home && document.getElementById(last.home));
    if (target) {
      target.focus({ preventScroll: true });
    }
  }

  // Markup of the parts that only show; the server escaped it, and the content policy runs no script in it.
  function fill() {
    for (const place of document.querySelectorAll("[data-html]")) {
      if (place.filled !== place.dataset.html) {
        place.filled = place.dataset.html;
        place.innerHTML = place.filled;
      }
    }
  }

  // In one step between two paints, so nothing jumps.
  function takePlace() {
    const living = document.querySelector("#react-entry-point .frame");
    if (!before || !living || living.querySelector(".bone")) {
      return;
    }
    before.remove();
    before = null;
    if (waiting) {
      choose(...waiting);
    }
  }

  function settle() {
    fill();
    takePlace();
    const frame = document.querySelector(".frame");
    if (!frame) {
      return;
    }
    if (document.documentElement.lang !== frame.lang) {
      document.documentElement.lang = frame.lang;
    }
    if (frame.dataset.title && document.title !== frame.dataset.title) {
      document.title = frame.dataset.title;
    }
    // React leaves a native select where the reader put it, so Back would not move it.
    for (const field of document.querySelectorAll("select[data-value]")) {
      if (field.value !== field.dataset.value) {
        field.value = field.dataset.value;
      }
    }
    for (const list of document.querySelectorAll("details[id]")) {
      list.open = opened.has(list.id);
    }
    refocus();
  }

  // Called before the browser paints, so nothing is seen half made.
  new MutationObserver(settle).observe(document.documentElement, {
    subtree: true,
    childList: true,
    attributes: true,
    attributeFilter: ["data-html", "data-value", "data-title", "lang"],
  });
})();
