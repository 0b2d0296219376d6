// Everything here is a comfort: every page works without it.
(() => {
  "use strict";
  const each = (root, selector, act) => root.querySelectorAll(selector).forEach(act);

  // A clock that runs down. The server says what time it is, because phones don't know.
  const clocks = new Set();
  const two = (n) => String(n).padStart(2, "0");
  const tick = () => clocks.forEach((clock) => {
    if (!clock.element.isConnected) return clocks.delete(clock);
    const left = Math.max(0, Math.floor((clock.end - performance.now()) / 1000));
    clock.element.textContent = `${two(Math.floor(left / 60))}:${two(left % 60)}`;
  });
  const startClock = (element) => {
    const left = Date.parse(element.dataset.until) - Date.parse(element.dataset.now);
    clocks.add({ element, end: performance.now() + left });
  };
  setInterval(tick, 1000);

  // Copying, also where the page has no secure origin and so no clipboard.
  const copy = async (text) => {
    if (navigator.clipboard) return navigator.clipboard.writeText(text);
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  };
  const startCopy = (button) => {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const said = button.textContent;
      await copy(document.getElementById(button.dataset.copy).textContent.trim());
      button.textContent = button.dataset.done;
      setTimeout(() => { button.textContent = said; }, 1600);
    });
  };

  // Checks while typing, with the words of the page; the server checks again.
  const digits = (text) => text.normalize("NFKC").replace(/\D/g, "");
  const email = /^[a-z0-9._%+-]{1,64}@([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}$/i;
  const phone = (text) => digits(text).replace(/^86(?=1\d{10}$)/, "");
  const checks = {
    contact: (text) => {
      if (!text) return "empty";
      if (text.includes("@")) return email.test(text) ? "" : "email";
      if (/[^0-9+() -]/.test(text)) return "neither";
      if (phone(text).length !== 11) return "length";
      return /^1[3-9]/.test(phone(text)) ? "" : "start";
    },
    order_no: (text) => (!text ? "empty" : Math.abs(digits(text).length - 20) > 1 ? "length" : ""),
    second_factor: (text) => {
      if (!text) return "empty";
      if (text.includes("@")) return email.test(text) ? "" : "email";
      return [4, 11, 13].includes(digits(text).length) ? "" : "length";
    },
  };
  const startCheck = (input) => {
    const note = document.getElementById(`${input.id}-note`);
    const field = input.closest(".field");
    let left = false;
    const look = () => {
      const text = input.value.normalize("NFKC").trim();
      const wrong = checks[input.dataset.check](text);
      // Nobody is told off for what they have not finished typing.
      const tell = wrong && left && text;
      field.classList.toggle("wrong", Boolean(tell));
      field.classList.toggle("right", !wrong);
      input.toggleAttribute("aria-invalid", Boolean(tell));
      note.textContent = tell ? input.dataset[wrong] : note.dataset.hint;
    };
    input.addEventListener("input", look);
    input.addEventListener("blur", () => { left = true; look(); });
  };

  // The questions of a product: the server looks at the answers, for it knows formats and operators.
  const startAnswers = (box) => {
    const inputs = [...box.querySelectorAll("[data-answer]")];
    const left = new Set();
    let wait = 0;
    let turn = 0;
    const show = ({ field: name, right, words }) => {
      const input = inputs.find((one) => one.name === name);
      if (!input) return;
      const note = document.getElementById(`${input.id}-note`);
      const tell = !right && left.has(input) && Boolean(input.value);
      input.closest(".field").classList.toggle("wrong", tell);
      input.closest(".field").classList.toggle("right", right && Boolean(input.value));
      input.toggleAttribute("aria-invalid", tell);
      note.textContent = (right || tell) && words ? words : note.dataset.hint;
    };
    const ask = async () => {
      const mine = ++turn;
      const body = new URLSearchParams(new FormData(inputs[0].form));
      const answer = await fetch(box.dataset.answers, { method: "POST", body }).catch(() => null);
      if (mine === turn && answer && answer.ok) (await answer.json()).forEach(show);
    };
    const soon = () => { clearTimeout(wait); wait = setTimeout(ask, 250); };
    inputs.forEach((input) => {
      input.addEventListener("input", soon);
      input.addEventListener("change", () => { left.add(input); soon(); });
      input.addEventListener("blur", () => { left.add(input); if (input.value) soon(); });
    });
    if (inputs.some((input) => input.value)) ask();
  };

  // Quantity and total of the order form.
  const startOrder = (form) => {
    const quantity = form.elements.quantity;
    const total = form.querySelector("[data-total]");
    const show = () => {
      const sku = form.querySelector("input[name=sku]:checked");
      const most = sku ? Number(sku.dataset.most) : 1;
      quantity.max = String(most);
      const n = Math.max(1, Math.floor(Number(quantity.value) || 1));
      if (n > most) quantity.value = String(most);
      if (!sku) return;
      const fen = Number(sku.dataset.price) * Math.min(n, most);
      total.textContent = `¥${(fen / 100).toLocaleString("en-US", { minimumFractionDigits: 2 })}`;
    };
    each(form, "[data-step]", (button) => {
      button.hidden = false;
      button.addEventListener("click", () => {
        quantity.value = String(Math.max(1, Number(quantity.value) + Number(button.dataset.step)));
        show();
      });
    });
    form.addEventListener("input", show);
    show();
  };

  // Suggestions under the search box.
  const startSearch = (input) => {
    const box = document.getElementById(input.dataset.suggest);
    let wait = 0;
    let asked = "";
    const ask = async () => {
      const text = input.value.trim();
      if (text === asked) return;
      asked = text;
      const answer = text ? await fetch(`${box.dataset.address}?q=${encodeURIComponent(text)}`) : null;
      if (text !== asked) return;
      box.innerHTML = answer && answer.ok ? await answer.text() : "";
      box.hidden = !box.innerHTML.trim();
    };
    input.addEventListener("input", () => { clearTimeout(wait); wait = setTimeout(ask, 150); });
    input.form.addEventListener("keydown", (event) => {
      if (event.key === "Escape") { box.hidden = true; input.focus(); }
      if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
      const all = [input, ...box.querySelectorAll("a")];
      const next = all[all.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1)];
      if (next) { event.preventDefault(); next.focus(); }
    });
    document.addEventListener("click", (event) => { if (!input.form.contains(event.target)) box.hidden = true; });
  };

  // A proof of work is solved beside the page and sent with the form.
  const startProof = (form) => {
    const button = form.querySelector("button[type=submit], button:not([type])");
    const said = button.textContent;
    button.disabled = true;
    button.textContent = form.dataset.working;
    const worker = new Worker(form.dataset.worker);
    worker.onmessage = ({ data }) => {
      form.elements.proof.value = data;
      button.disabled = false;
      button.textContent = said;
      worker.terminate();
    };
    worker.postMessage(JSON.parse(form.dataset.challenge));
  };

  // Live pieces: the server sends the piece anew whenever it changes. What somebody is filling in, and the words beside
  // it, stay while the order stands where it stood.
  const stateOf = (root) => root.querySelector("[data-state]")?.dataset.state;
  const isInUse = (element) => element.querySelector(".wrong, form[data-challenge], input:focus") !== null
    || [...element.querySelectorAll("input[type=text]")].some((input) => input.value !== input.defaultValue);
  const startLive = (element) => {
    const source = new EventSource(element.dataset.live);
    source.addEventListener("piece", ({ data }) => {
      if (element.innerHTML.trim() === data.trim()) return;
      const fresh = document.createElement("div");
      fresh.innerHTML = data;
      if (isInUse(element) && stateOf(fresh) === stateOf(element)) return;
      element.innerHTML = data;
      start(element);
    });
    source.addEventListener("go", ({ data }) => { source.close(); location.assign(data); });
    source.addEventListener("end", () => source.close());
    addEventListener("pagehide", () => source.close());
  };

  const start = (root) => {
    each(root, "[data-until]", startClock);
    each(root, "[data-copy]", startCopy);
    each(root, "[data-check]", startCheck);
    each(root, "[data-answers]", startAnswers);
    each(root, "form[data-order]", startOrder);
    each(root, "[data-suggest]", startSearch);
    each(root, "form[data-challenge]", startProof);
    each(root, "form[data-send]", (form) => form.submit());
    each(root, "[data-live]", startLive);
    each(root, "[data-confirm]", (form) => form.addEventListener("submit", (event) => {
      if (!confirm(form.dataset.confirm)) event.preventDefault();
    }));
    tick();
  };
  start(document);
})();
