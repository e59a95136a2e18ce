"use client";

import { usePathname } from "next/navigation";
import { Suspense, useEffect, useId, useRef, useState } from "react";
import { AskButton } from "./ask-button";
import { ChatPanel } from "./chat-panel";
import styles from "./chatkit.module.css";
import { PreferencesMenu } from "./preferences";
import { ASKING, following, readSession, signInUrl, useReturn } from "./session";
import { useScriptReady } from "./use-script-ready";
import { domainKey, useDark } from "./use-site";

const CROSS = "M6 6l12 12M18 6L6 18";
const SLIDERS = "M4 8h8M18 8h2M4 16h2M12 16h8M12 8a3 3 0 1 0 6 0a3 3 0 1 0-6 0M6 16a3 3 0 1 0 6 0a3 3 0 1 0-6 0";

/** The chat: a button in the corner and the panel that it opens. Rendered once, by the root layout. */
export function ChatKitWidget() {
  return (
    <Suspense fallback={null}>
      <Widget />
    </Suspense>
  );
}

function Widget() {
  const [view, setView] = useState("unused"); // a closed panel keeps its conversation
  const [session, setSession] = useState(ASKING);
  const [menu, setMenu] = useState(false);
  const [quote, setQuote] = useState("");
  const [script, retryScript] = useScriptReady();
  const dark = useDark();
  const path = usePathname();
  const launcher = useRef(null);
  const panel = useRef(null);
  const panelId = useId();
  const open = view === "open";
  const key = view === "unused" ? null : domainKey();

  const askAbout = (text) => {
    setQuote(text);
    setView("open");
  };

  useReturn(() => setView("open"));

  useEffect(() => {
    if (!open) return;
    const ask = () => void readSession().then((next) => setSession((now) => following(now, next)));
    ask();
    window.addEventListener("focus", ask); // somebody may have signed in or out in another window
    return () => window.removeEventListener("focus", ask);
  }, [open, path]);

  useEffect(() => {
    if (!open) return;
    const button = launcher.current;
    panel.current?.focus();
    const close = (event) => {
      if (event.key === "Escape" && !event.defaultPrevented && !event.isComposing) setView("closed");
    };
    document.addEventListener("keydown", close);
    return () => {
      document.removeEventListener("keydown", close);
      button?.focus();
    };
  }, [open]);

  return (
    <div data-chatkit-widget className={styles.root} data-dark={dark || undefined}>
      <AskButton onAsk={askAbout} />
      {view !== "unused" && (
        <section ref={panel} id={panelId} className={styles.panel} hidden={!open} tabIndex={-1} role="dialog" aria-label="Chat">
          <header className={styles.bar}>
            <h2>Assistant</h2>
            <IconButton label="Preferences" path={SLIDERS} aria-expanded={menu} onClick={() => setMenu(!menu)} />
            <IconButton label="Close the chat" path={CROSS} onClick={() => setView("closed")} />
          </header>
          {menu && (
            <PreferencesMenu chosen={session.preferences} onChange={(preferences) => setSession({ ...session, preferences })} />
          )}
          {quote && (
            <div className={styles.bar}>
              <blockquote tabIndex={0}>{quote}</blockquote>
              <IconButton label="Leave the selected text out" path={CROSS} onClick={() => setQuote("")} />
            </div>
          )}
          {session.is === "expired" && (
            <Note text="Your session has ended. Sign in to go on with this conversation." signIn={signInUrl()} />
          )}
          {session.is === "asking" ? (
            <Note text="Just a moment…" />
          ) : session.is === "signed-out" ? (
            <Note text="Please sign in to chat." signIn={signInUrl()} />
          ) : session.is === "unreachable" ? (
            <Note text="The chat cannot be reached at the moment." onRetry={() => void readSession().then(setSession)} />
          ) : key === null ? (
            <Note text="The chat is not set up for this address yet: its domain key is missing." />
          ) : script === "failed" ? (
            <Note text="The chat could not be loaded. Your network or a blocker may keep it away." onRetry={retryScript} />
          ) : script === "waiting" ? (
            <Note text="Loading the chat…" />
          ) : (
            <ChatPanel
              key={session.user}
              dark={dark}
              domainKey={key}
              session={session}
              selection={quote}
              onSent={() => setQuote("")}
              onSignedOut={() => setSession({ ...session, is: "expired" })}
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
        aria-controls={view === "unused" ? undefined : panelId}
        onClick={() => setView(open ? "closed" : "open")}
      >
        <Icon path={open ? "M6 9l6 6 6-6" : "M4 5h16v11H10l-4 4v-4H4zM8 9h8M8 12h5"} />
      </button>
    </div>
  );
}

/** What is the matter, and what to do about it. */
function Note({ text, signIn, onRetry }) {
  return (
    <div className={styles.note} role="status">
      {text}
      {signIn && (
        <a className={styles.primary} href={signIn}>
          Sign in
        </a>
      )}
      {onRetry && (
        <button type="button" className={styles.primary} onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}

function IconButton({ label, path, ...others }) {
  return (
    <button type="button" className={styles.icon} aria-label={label} {...others}>
      <Icon path={path} />
    </button>
  );
}

function Icon({ path }) {
  return (
    <svg viewBox="0 0 24 24" width="22" height="22" fill="none" stroke="currentColor" strokeWidth="2" aria-hidden="true">
      <path d={path} />
    </svg>
  );
}
