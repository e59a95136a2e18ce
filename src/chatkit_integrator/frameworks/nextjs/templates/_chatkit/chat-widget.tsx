"use client";

import { usePathname } from "next/navigation";
import { useCallback, useEffect, useId, useRef, useState } from "react";
import { ChatPanel } from "./chat-panel";
import { DEFAULTS, loadPreferences, savePreferences, type Preferences } from "./preferences";
import { PreferencesMenu } from "./preferences-menu";
import { PROXY_PATH, SIGN_IN_PATH } from "./settings";
import { useScriptReady } from "./use-script-ready";
import { useSelection } from "./use-selection";
import styles from "./chatkit.module.css";

const OPEN = "chat";

/** The chat: a button in the corner and the panel that it opens. Rendered once, by the root layout. */
export function ChatKitWidget() {
  const [open, setOpen] = useState(false);
  const [seen, setSeen] = useState(false);
  const [signedIn, setSignedIn] = useState<boolean | null>(null);
  const [menu, setMenu] = useState(false);
  const [preferences, setPreferences] = useState<Preferences>(DEFAULTS);
  const [asking, setAsking] = useState("");
  const [selected, clearSelected] = useSelection();
  const [script, retryScript] = useScriptReady();
  const dark = useDark();
  const domainKey = useDomainKey();
  const path = usePathname();
  const launcher = useRef<HTMLButtonElement>(null);
  const panel = useRef<HTMLElement>(null);
  const panelId = useId();

  const askWhoIsThere = useCallback(async () => {
    try {
      const response = await fetch(PROXY_PATH, { redirect: "manual", cache: "no-store" });
      const state: unknown = response.ok ? await response.json() : null;
      setSignedIn(typeof state === "object" && state !== null && "signedIn" in state && state.signedIn === true);
    } catch {
      setSignedIn(false);
    }
  }, []);

  useEffect(() => setPreferences(loadPreferences()), []);

  useEffect(() => {
    const here = new URL(location.href);
    if (here.searchParams.get(OPEN) !== "open") return;
    here.searchParams.delete(OPEN);
    history.replaceState(history.state, "", here);
    setOpen(true);
  }, [path]);

  useEffect(() => {
    if (!open) return;
    setSeen(true);
    void askWhoIsThere();
    panel.current?.focus();
    const close = (event: KeyboardEvent) => {
      if (event.key === "Escape") setOpen(false);
    };
    document.addEventListener("keydown", close);
    return () => {
      document.removeEventListener("keydown", close);
      launcher.current?.focus();
    };
  }, [open, path, askWhoIsThere]);

  const ask = () => {
    if (!selected) return;
    setAsking(selected.text);
    clearSelected();
    setOpen(true);
  };

  const change = (value: Preferences) => {
    setPreferences(value);
    savePreferences(value);
  };

  return (
    <div data-chatkit-widget className={styles.root} data-dark={dark || undefined}>
      {selected && (
        <button
          type="button"
          className={styles.ask}
          style={{ left: selected.x, top: selected.y }}
          onMouseDown={(event) => event.preventDefault()}
          onClick={ask}
        >
          Ask about this
        </button>
      )}
      {(open || seen) && (
        <section ref={panel} id={panelId} className={styles.panel} hidden={!open} tabIndex={-1} aria-label="Chat">
          <header className={styles.bar}>
            <h2 className={styles.title}>Assistant</h2>
            <button
              type="button"
              className={styles.icon}
              aria-label="Preferences"
              aria-expanded={menu}
              onClick={() => setMenu(!menu)}
            >
              ⚙
            </button>
            <button type="button" className={styles.icon} aria-label="Close the chat" onClick={() => setOpen(false)}>
              ×
            </button>
          </header>
          {menu && <PreferencesMenu value={preferences} onChange={change} />}
          {asking && (
            <blockquote className={styles.quote}>
              {asking}
              <button
                type="button"
                className={styles.icon}
                aria-label="Leave the selected text out"
                onClick={() => setAsking("")}
              >
                ×
              </button>
            </blockquote>
          )}
          {signedIn === null ? (
            <p className={styles.note} role="status">
              One moment…
            </p>
          ) : !signedIn ? (
            <SignIn />
          ) : script === "failed" ? (
            <div className={styles.note} role="alert">
              <p>The chat could not be loaded. Your network or a blocker may keep it away.</p>
              <button type="button" className={styles.primary} onClick={retryScript}>
                Try again
              </button>
            </div>
          ) : domainKey === null ? (
            <p className={styles.note} role="alert">
              The chat is not set up for this address yet: its domain key is missing.
            </p>
          ) : script === "waiting" ? (
            <p className={styles.note} role="status">
              Loading the chat…
            </p>
          ) : (
            <ChatPanel
              dark={dark}
              domainKey={domainKey}
              preferences={preferences}
              selection={asking}
              onSelectionSent={() => setAsking("")}
              onSignedOut={() => setSignedIn(false)}
            />
          )}
        </section>
      )}
      <button
        ref={launcher}
        type="button"
        className={styles.launcher}
        aria-label={open ? "Close the chat" : "Open the chat"}
        aria-expanded={open}
        aria-controls={panelId}
        onClick={() => setOpen(!open)}
      >
        <span aria-hidden="true">{open ? "×" : "💬"}</span>
      </button>
    </div>
  );
}

/** The way to sign in and back to this page, with the chat open. */
function SignIn() {
  const [back, setBack] = useState("/");
  useEffect(() => {
    const here = new URL(location.href);
    here.searchParams.set(OPEN, "open");
    setBack(here.pathname + here.search);
  }, []);
  const query = ["callbackUrl", "redirect", "next"].map((name) => `${name}=${encodeURIComponent(back)}`).join("&");
  return (
    <div className={styles.note}>
      <p>Please sign in to chat.</p>
      {SIGN_IN_PATH && (
        <a className={styles.primary} href={`${SIGN_IN_PATH}?${query}`}>
          Sign in
        </a>
      )}
    </div>
  );
}

/** The key that ChatKit asks for: any on localhost, the site's own elsewhere; `null` where that is missing. */
function useDomainKey(): string | null {
  const [local, setLocal] = useState(true);
  useEffect(() => setLocal(["localhost", "127.0.0.1", "[::1]"].includes(location.hostname)), []);
  return process.env.NEXT_PUBLIC_CHATKIT_DOMAIN_KEY || (local ? "local-dev" : null);
}

/** Whether the site is dark: by a class or attribute on its root element, else by what the person prefers. */
function useDark(): boolean {
  const [dark, setDark] = useState(false);
  useEffect(() => {
    const preferred = matchMedia("(prefers-color-scheme: dark)");
    const read = () => {
      const root = document.documentElement;
      const theme =
        root.dataset.theme ?? (root.classList.contains("dark") ? "dark" : root.classList.contains("light") ? "light" : "");
      setDark(theme ? theme === "dark" : preferred.matches);
    };
    read();
    const observer = new MutationObserver(read);
    observer.observe(document.documentElement, { attributeFilter: ["class", "data-theme"] });
    preferred.addEventListener("change", read);
    return () => {
      observer.disconnect();
      preferred.removeEventListener("change", read);
    };
  }, []);
  return dark;
}
