/*
 * A stand-in for <openai-chatkit>: the page's contract and the server's protocol, without OpenAI's interface.
 *
 * Tests may set window.__chatkitRetryDelay (milliseconds) to shorten the pauses before a request is sent again.
 */
(() => {
  if (customElements.get("openai-chatkit")) return;

  const OPTIONS = new Set(
    ("api locale theme frameTitle initialThread onClientTool header history startScreen threadItemActions composer " +
      "disclaimer entities commands widgets thread").split(" "),
  );
  const CUSTOM_API = new Set(["url", "domainKey", "fetch", "uploadStrategy"]);
  const PAUSES = [1000, 2000, 4000, 5000, 5000];
  const LOCAL = ["localhost", "127.0.0.1", "[::1]"];

  const MARKUP = `
    <style>
      :host { display: block; position: relative; min-height: 200px; font: 15px/1.45 system-ui, sans-serif; color: #1c2024; }
      #all { position: absolute; inset: 0; display: flex; flex-direction: column; }
      :host([data-theme="dark"]) { color: #eceef1; }
      nav, form { display: flex; gap: 8px; padding: 10px 12px; }
      form { border-top: 1px solid rgb(127 127 127 / 30%); }
      ol { flex: 1; margin: 0; padding: 4px 12px; overflow: auto; list-style: none; }
      li { width: fit-content; max-width: 85%; margin: 0 0 10px; padding: 8px 12px; border-radius: 14px; white-space: pre-wrap; overflow-wrap: anywhere; }
      li[data-role="user"] { margin-left: auto; background: rgb(127 127 127 / 22%); }
      li[data-role="assistant"] { padding-left: 0; }
      li[data-role="error"] { border: 1px solid rgb(200 60 60 / 70%); }
      q { display: block; font-size: 13px; opacity: 0.75; }
      [data-attach] input { width: 0; padding: 0; border: 0; }
      input { flex: 1; min-width: 0; padding: 8px 12px; background: transparent; }
      input, button { font: inherit; color: inherit; border: 1px solid rgb(127 127 127 / 45%); border-radius: 999px; }
      button { padding: 6px 12px; background: transparent; cursor: pointer; }
      [hidden] { display: none; }
      small, p { display: block; margin: 0; padding: 0 12px 8px; font-size: 12px; opacity: 0.75; }
    </style>
    <div id="all"><nav>
      <button type="button" data-new>New chat</button>
      <button type="button" data-history>History</button>
    </nav>
    <ol aria-label="Messages" aria-live="polite"></ol>
    <p data-status role="status"></p>
    <form>
      <label data-attach hidden>Attach <input type="file" multiple data-files /></label>
      <input aria-label="Message" autocomplete="off" />
      <button data-send>Send</button>
      <button type="button" data-stop hidden>Stop</button>
    </form>
    <small>Stand-in for ChatKit's interface, for tests and demonstrations.</small></div>`;

  class OpenAIChatKit extends HTMLElement {
    #options = null;
    #thread = null;
    #items = new Map();
    #abort = null;
    #problem = null;
    #attached = [];
    #ready;
    #becomeReady;

    constructor() {
      super();
      this.#ready = new Promise((done) => (this.#becomeReady = done));
      this.attachShadow({ mode: "open" }).innerHTML = MARKUP;
      this.#part("form").addEventListener("submit", (event) => {
        event.preventDefault();
        const text = this.#part("form > input").value.trim();
        this.#part("form > input").value = "";
        const attachments = this.#attached.splice(0);
        if (text || attachments.length) this.sendUserMessage({ text, attachments });
      });
      this.#part("[data-files]").addEventListener("change", ({ target }) => {
        this.#attach([...target.files]);
        target.value = "";
      });
      this.#part("[data-stop]").addEventListener("click", () => this.#abort?.abort());
      this.#part("[data-new]").addEventListener("click", () => this.setThreadId(null));
      this.#part("[data-history]").addEventListener("click", () => this.showHistory());
    }

    /* The page's side: options, methods, events. */

    setOptions(options) {
      validate(options);
      const first = !this.#options;
      this.#options = options;
      this.dataset.theme = typeof options.theme === "string" ? options.theme : (options.theme?.colorScheme ?? "light");
      this.#part("form > input").placeholder = options.composer?.placeholder ?? "Message";
      this.#part("[data-history]").hidden = options.history?.enabled === false;
      const files = options.composer?.attachments;
      this.#part("[data-attach]").hidden = !files?.enabled;
      this.#part("[data-files]").accept = Object.entries(files?.accept ?? {}).flat(2).join();
      if (first) setTimeout(() => this.#start(), 30); // the real element is no sooner: it loads a frame
    }

    async #start() {
      const { api, initialThread, startScreen } = this.#options;
      if (api.domainKey && !LOCAL.includes(location.hostname) && !api.domainKey.startsWith("domain_pk_")) {
        this.#emit("error", { error: new Error("Domain verification failed") });
        return; // as in the real element: nothing to see, and never ready
      }
      this.#status(startScreen?.greeting ?? "");
      this.#becomeReady();
      this.#emit("ready", undefined);
      if (initialThread) await this.setThreadId(initialThread);
    }

    async sendUserMessage({ text, content, reply, attachments, newThread, toolChoice, model } = {}) {
      await this.#ready;
      if (newThread) await this.setThreadId(null);
      const input = {
        content: content ?? [{ type: "input_text", text: text ?? "" }],
        quoted_text: reply ?? "",
        attachments: (attachments ?? []).map((one) => one.id),
        inference_options: { ...(toolChoice && { tool_choice: toolChoice }), ...(model && { model }) },
      };
      await this.#stream(
        this.#thread
          ? { type: "threads.add_user_message", params: { input, thread_id: this.#thread } }
          : { type: "threads.create", params: { input } },
      );
    }

    async setThreadId(id) {
      await this.#ready;
      this.#abort?.abort();
      this.#items.clear();
      this.#problem = null;
      this.#thread = id;
      if (id) {
        this.#emit("thread.load.start", { threadId: id });
        const thread = await this.#json({ type: "threads.get_by_id", params: { thread_id: id } });
        for (const item of thread?.items?.data ?? []) this.#items.set(item.id, item);
        this.#emit("thread.load.end", { threadId: id });
      }
      this.#emit("thread.change", { threadId: id });
      this.#render();
    }

    async showHistory() {
      await this.#ready;
      this.#emit("history.open", undefined);
      const page = await this.#json({ type: "threads.list", params: { limit: 9999, order: "desc" } });
      const lines = (page?.data ?? []).map((thread) => {
        const open = button(thread.title ?? "Untitled", () => {
          this.#emit("history.close", undefined);
          this.setThreadId(thread.id);
        });
        open.dataset.thread = thread.id;
        return line("thread", open);
      });
      if (page) this.#part("ol").replaceChildren(...lines);
    }

    async hideHistory() {
      await this.#ready;
      this.#emit("history.close", undefined);
      this.#render();
    }

    async focusComposer() {
      await this.#ready;
      this.#part("form > input").focus();
    }

    async setComposerValue({ text, content } = {}) {
      await this.#ready;
      this.#part("form > input").value = text ?? (content ?? []).map((part) => part.text).join("");
    }

    async fetchUpdates() {
      await this.#ready;
      if (this.#thread) await this.setThreadId(this.#thread);
    }

    async sendCustomAction(action, itemId) {
      await this.#ready;
      await this.#stream({ type: "threads.custom_action", params: { thread_id: this.#thread, item_id: itemId, action } });
    }

    #emit(name, detail) {
      this.dispatchEvent(new CustomEvent(`chatkit.${name}`, { detail, bubbles: true, composed: true }));
    }

    /* The server's side: one POST an operation, answered by JSON or by a stream of events. */

    #fetch(body, { signal, streaming } = {}) {
      const { url, fetch: own } = this.#options.api;
      const headers = {
        "Content-Type": "application/json",
        "Accept-Language": navigator.language,
        "chatkit-frame-instance-id": "stand-in",
        ...(streaming && { accept: "text/event-stream" }),
      };
      return (own ?? window.fetch)(url, { method: "POST", headers, body: JSON.stringify(body), signal });
    }

    /* Files go before their message, each as a form of its own; what is over the limits goes nowhere. */
    async #attach(files) {
      const { maxSize = 100 * 1024 * 1024, maxCount = 10 } = this.#options.composer.attachments;
      for (const file of files) {
        if (this.#attached.length >= maxCount) return this.#status(`At most ${maxCount} files can be attached.`);
        if (file.size > maxSize) this.#status(`${file.name} is too large.`);
        else await this.#upload(file);
      }
    }

    async #upload(file) {
      const { fetch: own, uploadStrategy } = this.#options.api;
      const body = new FormData();
      body.append("file", file);
      try {
        const response = await (own ?? window.fetch)(uploadStrategy.uploadUrl, { method: "POST", body });
        if (!response.ok) return this.#fail(await reason(response));
        this.#attached.push(await response.json());
        this.#status(`Attached: ${this.#attached.map((one) => one.name).join(", ")}`);
      } catch (error) {
        this.#fail(error.message);
      }
    }

    async #json(body) {
      try {
        const response = await this.#fetch(body);
        if (response.ok) return await response.json();
        this.#fail(await reason(response));
      } catch (error) {
        this.#fail(error.message);
      }
      return null;
    }

    async #stream(body) {
      const abort = (this.#abort = new AbortController());
      this.#problem = null;
      this.#part("[data-stop]").hidden = false;
      this.#emit("response.start", undefined);
      try {
        const response = await this.#opened(body, abort.signal);
        if (response) await this.#read(response);
      } catch (error) {
        if (error.name !== "AbortError") this.#fail(error.message);
      } finally {
        this.#part("[data-stop]").hidden = true;
        this.#status("");
        this.#emit("response.end", undefined);
      }
      if (!abort.signal.aborted) await this.#answerTool();
    }

    /* An event stream is read, 4xx is final, and everything else is asked again, five times. */
    async #opened(body, signal) {
      for (let attempt = 0; ; attempt++) {
        const response = await this.#fetch(body, { signal, streaming: true }).catch((error) => {
          if (error.name === "AbortError" || attempt === PAUSES.length) throw error;
          return Response.error();
        });
        const isStream = response.headers.get("content-type")?.startsWith("text/event-stream");
        if (response.ok && isStream) return response;
        if ((response.status >= 400 && response.status < 500) || attempt === PAUSES.length) {
          this.#fail(await reason(response));
          return null;
        }
        await new Promise((done) => setTimeout(done, window.__chatkitRetryDelay ?? PAUSES[attempt] * (1 + Math.random())));
        signal.throwIfAborted();
      }
    }

    async #read(response) {
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = "";
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        const events = (rest + value).replaceAll("\r\n", "\n").split("\n\n");
        rest = events.pop();
        for (const event of events) {
          const lines = event.split("\n").filter((one) => one.startsWith("data:"));
          if (lines.length) this.#apply(JSON.parse(lines.map((one) => one.slice(5)).join("\n")));
        }
      }
    }

    async #answerTool() {
      const last = [...this.#items.values()].at(-1);
      if (last?.type !== "client_tool_call" || last.status !== "pending" || !this.#options.onClientTool) return;
      const result = await this.#options.onClientTool({ name: last.name, params: last.arguments });
      last.status = "completed";
      await this.#stream({ type: "threads.add_client_tool_output", params: { thread_id: this.#thread, result } });
    }

    #apply(event) {
      switch (event.type) {
        case "thread.created":
          this.#thread = event.thread.id;
          this.#emit("thread.change", { threadId: this.#thread });
          break;
        case "thread.item.added":
        case "thread.item.done":
        case "thread.item.replaced":
          this.#items.set(event.item.id, event.item);
          break;
        case "thread.item.removed":
          this.#items.delete(event.item_id);
          break;
        case "thread.item.updated":
          update(this.#items.get(event.item_id), event.update);
          break;
        case "stream_options":
          this.#part("[data-stop]").hidden = event.stream_options?.allow_cancel === false;
          break;
        case "progress_update":
          this.#status(event.text ?? "");
          break;
        case "notice":
          this.#status(event.message ?? "");
          break;
        case "client_effect":
          this.#emit("effect", { name: event.name, data: event.data });
          break;
        case "error":
          this.#fail(event.message ?? "Something went wrong.", event.allow_retry === true);
          break;
      }
      this.#render();
    }

    #retry() {
      const asked = [...this.#items.values()].findLast((item) => item.type === "user_message");
      if (!asked || !this.#thread) return;
      this.#stream({ type: "threads.retry_after_item", params: { thread_id: this.#thread, item_id: asked.id } });
    }

    /* What is seen. */

    #part(selector) {
      return this.shadowRoot.querySelector(selector);
    }

    #status(text) {
      this.#part("[data-status]").textContent = text;
    }

    #fail(message, mayRetry = false) {
      this.#problem = { message, mayRetry };
      this.#emit("error", { error: new Error(message) });
      this.#render();
    }

    #render() {
      const lines = [...this.#items.values()].flatMap((item) => {
        const role = { user_message: "user", assistant_message: "assistant" }[item.type];
        if (!role) return [];
        const text = (item.content ?? []).map((part) => part?.text ?? "").join("");
        const besides = [item.quoted_text, ...(item.attachments ?? []).map((one) => one.name)].filter(Boolean);
        const quoted = besides.map((textContent) => Object.assign(document.createElement("q"), { textContent }));
        return [line(role, ...quoted, text)];
      });
      if (this.#problem) {
        const { message, mayRetry } = this.#problem;
        lines.push(line("error", message, ...(mayRetry ? [" ", button("Retry", () => this.#retry())] : [])));
      }
      this.#part("ol").replaceChildren(...lines);
      this.#part("ol").scrollTop = this.#part("ol").scrollHeight;
    }
  }

  /* Unknown and missing options are refused, as the real frame refuses them. */
  function validate(options) {
    const refuse = (why) => {
      throw Object.assign(new Error(why), { name: "InvalidFrameParamsError" });
    };
    const unknown = Object.keys(options ?? {}).filter((key) => !OPTIONS.has(key));
    if (unknown.length) refuse(`unknown options: ${unknown.join(", ")}`);
    const api = options?.api ?? {};
    if (typeof api.getClientSecret === "function") return;
    const extra = Object.keys(api).filter((key) => !CUSTOM_API.has(key));
    if (extra.length) refuse(`unknown in api: ${extra.join(", ")}`);
    if (options.composer?.attachments?.enabled && !api.uploadStrategy) refuse("api.uploadStrategy is required");
    for (const key of ["url", "domainKey"]) if (!api[key] || typeof api[key] !== "string") refuse(`api.${key} is required`);
  }

  async function reason(response) {
    const value = await response.json().catch(() => null);
    return value?.message ?? value?.detail ?? `The server answered with status ${response.status}.`;
  }

  function update(item, change) {
    if (!item || !change?.type?.startsWith("assistant_message.content_part.")) return;
    const parts = (item.content ??= []);
    if (change.type.endsWith(".text_delta")) (parts[change.content_index] ??= { text: "" }).text += change.delta;
    else if (change.content) parts[change.content_index] = { ...change.content };
  }

  function line(role, ...parts) {
    const made = document.createElement("li");
    made.dataset.role = role;
    made.append(...parts);
    return made;
  }

  function button(text, act) {
    const made = Object.assign(document.createElement("button"), { type: "button", textContent: text });
    made.addEventListener("click", act);
    return made;
  }

  customElements.define("openai-chatkit", OpenAIChatKit);
})();
