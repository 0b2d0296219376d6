// The console from the keyboard. Every key stands for a link or a button of the page; without this script both remain.
"use strict";
(() => {
  let goes = false;
  let place = null;

  const rows = () => [...document.querySelectorAll("[data-row]")];
  const current = () => rows().find((row) => row.contains(document.activeElement)) ?? null;
  const isTyping = (it) => it.matches?.("input:not([type=checkbox]):not([type=radio]), select, textarea");

  const stand = (row) => {
    row?.querySelector("[data-open]")?.focus();
    row?.scrollIntoView({ block: "nearest" });
  };

  const step = (by) => {
    const all = rows();
    const at = all.indexOf(current());
    stand(at < 0 ? all[by > 0 ? 0 : all.length - 1] : all[Math.min(Math.max(at + by, 0), all.length - 1)]);
  };

  const press = (what) => current()?.querySelector(what)?.click();

  const explain = () => {
    const keys = document.querySelector("[data-keys]");
    if (!keys) return;
    keys.open = !keys.open;
    keys.querySelector("summary").focus();
  };

  const KEYS = {
    j: () => step(1),
    k: () => step(-1),
    t: () => press("[data-take]"),
    a: () => press("[data-assign]"),
    r: () => document.querySelector("[data-reason]")?.focus(),
    "/": () => document.querySelector("[role=search] input:not([type=hidden])")?.focus(),
    "?": explain,
  };

  document.addEventListener("keydown", (pressed) => {
    if (pressed.ctrlKey || pressed.metaKey || pressed.altKey || pressed.isComposing) return;
    if (isTyping(pressed.target)) {
      if (pressed.key === "Escape") pressed.target.blur();
      return;
    }
    const link = goes && document.querySelector(`[data-go="${CSS.escape(pressed.key)}"]`);
    const act = link ? () => link.click() : goes ? null : KEYS[pressed.key];
    goes = !goes && pressed.key === "g";
    if (goes || act) pressed.preventDefault();
    act?.();
  });

  // Whoever stands on a row stays there when the list comes anew, or on the one that took its place.
  document.addEventListener("htmx:beforeSwap", () => {
    const row = current();
    place = row && { id: row.id, at: rows().indexOf(row) };
  });
  document.addEventListener("htmx:afterSwap", () => {
    if (!place || current()) return;
    const all = rows();
    stand(all.find((row) => row.id === place.id) ?? all[Math.min(place.at, all.length - 1)]);
  });
})();
