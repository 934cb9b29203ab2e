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
        const before = [...place.querySelectorAll("[data-figure]")];
        place.filled = place.dataset.html;
        place.innerHTML = place.filled;
        rehang(before, place.querySelectorAll("[data-figure]"));
      }
    }
  }

  // Drawings: made when they come near what is seen, one a turn so that a click never waits for all of them.
  const NEAR = "200px";
  const CONFIG = { displayModeBar: false, scrollZoom: false, doubleClick: false, showTips: false };
  const drawings = new Map();
  let isDrawing = false;

  const nearness = new IntersectionObserver(function (entries) {
    for (const entry of entries) {
      drawings.get(entry.target).isNear = entry.isIntersecting;
    }
    drawNext();
  }, { rootMargin: NEAR });

  const widths = new ResizeObserver(function (entries) {
    for (const entry of entries) {
      const drawing = drawings.get(entry.target);
      if (drawing.figure && drawing.width !== entry.contentRect.width) {
        drawing.width = entry.contentRect.width;
        window.Plotly.Plots.resize(drawing.canvas);
      }
    }
  });

  function draw(place, drawing) {
    drawing.figure = place.dataset.figure;
    drawing.width = place.clientWidth;
    const figure = JSON.parse(drawing.figure);
    window.Plotly.react(drawing.canvas, figure.data, figure.layout, CONFIG);
  }

  function isStale(place, drawing) {
    return drawing.figure !== place.dataset.figure;
  }

  function drawNext() {
    if (isDrawing || !fetched()) {
      return;
    }
    for (const [place, drawing] of drawings) {
      if (drawing.isNear && isStale(place, drawing)) {
        isDrawing = true;
        requestAnimationFrame(function () {
          setTimeout(function () {
            isDrawing = false;
            if (place.isConnected) {
              draw(place, drawing);
            }
            drawNext();
          });
        });
        return;
      }
    }
  }

  // Plotly is a third of all that is fetched, and none of the words: it comes when there is something to draw.
  let script = null;

  function fetched() {
    if (!script && drawings.size) {
      script = document.createElement("script");
      script.src = document.documentElement.dataset.plotly;
      script.addEventListener("load", drawNext);
      document.head.append(script);
    }
    return Boolean(window.Plotly);
  }

  function watch(place, drawing) {
    drawings.set(place, drawing);
    place.append(drawing.canvas);
    nearness.observe(place);
    widths.observe(place);
  }

  function leave(place) {
    nearness.unobserve(place);
    widths.unobserve(place);
    drawings.delete(place);
  }

  // What is drawn goes on where its place was written anew, and is seen until it has been drawn anew too.
  function rehang(before, after) {
    before.forEach(function (place, number) {
      const drawing = drawings.get(place);
      if (drawing && after[number]) {
        leave(place);
        watch(after[number], drawing);
      }
    });
  }

  function follow() {
    for (const [place, drawing] of drawings) {
      if (!place.isConnected) {
        if (drawing.figure) {
          window.Plotly.purge(drawing.canvas);
        }
        leave(place);
      }
    }
    for (const place of document.querySelectorAll("[data-figure]")) {
      if (!drawings.has(place)) {
        watch(place, { canvas: document.createElement("div"), figure: "", isNear: false, width: 0 });
      }
    }
    drawNext();
  }

  window.addEventListener("beforeprint", function () {
    for (const [place, drawing] of drawings) {
      if (window.Plotly && isStale(place, drawing)) {
        draw(place, drawing);
      }
    }
  });

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
    follow();
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
    attributeFilter: ["data-html", "data-figure", "data-value", "data-title", "lang"],
  });
})();
