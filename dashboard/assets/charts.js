"use strict";
// Charts by pointer and by keyboard: a point says itself beside the pointer, and aloud when it is walked to.
(() => {
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  document.body.append(tip);
  const middle = (point) => { const box = point.getBoundingClientRect(); return [box.left + box.width / 2, box.top + box.height / 2]; };
  const show = (point) => {
    const [x, y] = middle(point);
    tip.textContent = point.dataset.say;
    tip.hidden = false;
    tip.style.left = `${Math.max(8, Math.min(x + 12, window.innerWidth - tip.offsetWidth - 8))}px`;
    tip.style.top = `${y > 80 ? y - tip.offsetHeight - 12 : y + 14}px`;
  };
  document.querySelectorAll("[data-walk]").forEach((plot) => {
    plot.querySelectorAll("title").forEach((title) => title.remove());
    const said = plot.parentElement.querySelector(".said");
    let points = null;
    let at = -1;
    let timer = 0;
    const leave = () => { tip.hidden = true; plot.querySelectorAll(".here").forEach((point) => point.classList.remove("here")); };
    const walk = (to) => {
      points ??= [...plot.querySelectorAll("[data-say]")].filter((point) => point.getClientRects().length)
        .map((point) => [point, middle(point)])
        .sort((a, b) => a[1][0] - b[1][0] || a[1][1] - b[1][1]).map(([point]) => point);
      if (!points.length) return;
      leave();
      at = Math.max(0, Math.min(to(at, points.length), points.length - 1));
      points[at].classList.add("here");
      points[at].scrollIntoView({ block: "nearest", inline: "nearest" });
      show(points[at]);
      clearTimeout(timer);
      timer = setTimeout(() => { said.textContent = points[at].dataset.say; }, 150);
    };
    const keys = {
      ArrowRight: (now) => now + 1, ArrowLeft: (now) => now - 1, Home: () => 0, End: (_, count) => count - 1,
    };
    plot.addEventListener("keydown", (event) => {
      if (event.key === "Escape") { leave(); at = -1; said.textContent = ""; return; }
      if (!keys[event.key]) return;
      event.preventDefault();
      walk(keys[event.key]);
    });
    plot.addEventListener("blur", leave);
    plot.addEventListener("pointerover", (event) => { if (event.target.dataset.say) show(event.target); });
    plot.addEventListener("pointerout", () => { tip.hidden = true; });
    plot.addEventListener("click", (event) => { if (event.target.dataset.say) { show(event.target); said.textContent = event.target.dataset.say; } });
  });
})();
