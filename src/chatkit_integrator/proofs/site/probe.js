/* What a person could see and do, for the proofs: run before the page's own scripts, in every page. */
(() => {
  if (window.__proof) return;
  const CHAT = /chat|assistant|copilot|\bask\b|\bai\b|\bbot\b|message|support|help|💬|🤖|✨/i;
  const STRONG = /chat|assistant|copilot|\bask\b|\bai\b/i;
  const LEAVES = /sign|log ?(in|out)|register|password|delete|remove|upload|theme|menu|close|dismiss/i;
  const STORE = { errors: [], ready: 0, ended: 0, script: null };

  for (const [name, note] of [
    ["error", (event) => STORE.errors.push(String(event.detail?.error?.message ?? event.detail?.error ?? ""))],
    ["ready", () => STORE.ready++],
    ["response.end", () => STORE.ended++],
  ])
    document.addEventListener(`chatkit.${name}`, note, true);

  function* all(root) {
    for (const one of root.querySelectorAll("*")) {
      yield one;
      if (one.shadowRoot && one.localName !== "openai-chatkit") yield* all(one.shadowRoot);
    }
  }
  const visible = (one) => {
    const box = one.getBoundingClientRect();
    return (
      box.width > 1 && box.height > 1 && one.checkVisibility({ opacityProperty: true, visibilityProperty: true, contentVisibilityAuto: true })
    );
  };
  const inView = (one) => {
    const box = one.getBoundingClientRect();
    return box.bottom > 0 && box.right > 0 && box.top < innerHeight * 3 && box.left < innerWidth;
  };
  const covered = (one) => {
    const box = one.getBoundingClientRect();
    const x = Math.min(Math.max(box.left + box.width / 2, 0), innerWidth - 1);
    const y = Math.min(Math.max(box.top + box.height / 2, 0), innerHeight - 1);
    const hit = document.elementFromPoint(x, y);
    return hit !== null && hit !== one && !one.contains(hit) && !hit.contains(one);
  };
  const chats = () => (document.documentElement ? [...all(document)].filter((one) => one.localName === "openai-chatkit") : []);
  const described = (one) => ({
    defined: customElements.get("openai-chatkit") !== undefined,
    visible: visible(one) && inView(one),
    // An element that nothing defines has no size of its own; it is the place for it that is there to be seen.
    placed: getComputedStyle(one).display !== "none" && one.parentElement !== null && visible(one.parentElement) && inView(one.parentElement),
    covered: visible(one) && covered(one),
  });
  const react = () =>
    [document, document.documentElement, document.body, document.getElementById("__next"), document.getElementById("root")].some(
      (one) => one && Object.keys(one).some((key) => key.startsWith("__reactContainer$")),
    );
  const name = (one) =>
    [one.getAttribute("aria-label"), one.title, one.innerText, one.id, one.getAttribute("class")]
      .filter((part) => typeof part === "string" && part.trim())
      .map((part) => part.trim().replace(/\s+/g, " ").slice(0, 80));
  const floating = (one) => {
    for (let here = one; here; here = here.parentElement) if (getComputedStyle(here).position === "fixed") return true;
    return false;
  };

  window.__proof = {
    store: STORE,
    chats: () => chats().map(described),
    hydrated: react,
    lines: () => [...new Set((document.body?.innerText ?? "").split("\n").map((one) => one.trim()).filter(Boolean))].slice(0, 400),
    busy: () =>
      [...document.querySelectorAll("[role=progressbar],[aria-busy=true],[class*=spin],[class*=loading],[class*=skeleton]")].some(visible),
    /* What may open a chat, the likeliest first; each is marked so that it can be clicked. */
    openers: () => {
      const found = [];
      for (const one of all(document)) {
        if (!one.matches("button,[role=button],a[href],summary,[onclick]") || !visible(one) || one.disabled) continue;
        if (one.localName === "a" && new URL(one.href, location.href).origin !== location.origin) continue;
        const names = name(one);
        const own = names.slice(0, 2).join(" ") || (one.innerText ?? "");
        if (LEAVES.test(own) || (one.type === "submit" && one.form)) continue;
        const isFloating = floating(one) && one.getBoundingClientRect().top > innerHeight / 2;
        const rank = (STRONG.test(own) ? 4 : 0) + (names.some((part) => CHAT.test(part)) ? 2 : 0) + (isFloating ? 3 : 0);
        if (rank > 1) found.push({ one, rank, label: (own || names[0] || one.localName).slice(0, 60) });
      }
      found.sort((left, right) => right.rank - left.rank);
      return found.slice(0, 6).map(({ one, label }, index) => {
        one.setAttribute("data-proof-opener", String(index));
        return label;
      });
    },
    links: () =>
      [...new Set([...document.querySelectorAll("a[href]")].map((one) => new URL(one.href, location.href)).filter((one) => one.origin === location.origin).map((one) => one.pathname))].slice(0, 60),
    /* Say something through the chat that can be seen, and wait until the answer has ended. */
    say: async (text) => {
      const chat = chats().find((one) => typeof one.sendUserMessage === "function" && visible(one)) ?? chats().find((one) => typeof one.sendUserMessage === "function");
      if (!chat) return "there is no chat to say it in";
      const before = STORE.errors.length;
      const ended = new Promise((done) => chat.addEventListener("chatkit.response.end", done, { once: true }));
      const late = new Promise((done) => setTimeout(() => done("late"), 20000));
      const sent = chat.sendUserMessage({ text }).catch((error) => STORE.errors.push(error.message));
      const how = await Promise.race([ended.then(() => "ended"), sent.then(() => "ended"), late]);
      await new Promise((done) => setTimeout(done, 60));
      return how === "late" ? "no answer within 20 s" : (STORE.errors[before] ?? "");
    },
    cookies: () => document.cookie,
  };
})();
