"use client";

import { usePathname } from "next/navigation";
import { Suspense, useEffect, useId, useRef, useState } from "react";
import { ChatPanel } from "./chat-panel";
import styles from "./chatkit.module.css";
import { PreferencesMenu } from "./preferences-menu";
import { signInUrl, useReturn } from "./returning";
import { ASKING, following, lastThread, readSession, rememberThread } from "./session";
import { useScriptReady } from "./use-script-ready";
import { useSelection } from "./use-selection";
import { useDark, useDomainKey } from "./use-site";

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
  const returned = useReturn();
  const [answered, setAnswered] = useState(null);
  const [open, setOpen] = useState(false);
  const [kept, setKept] = useState(false);
  const [session, setSession] = useState(ASKING);
  const [menu, setMenu] = useState(false);
  const [quote, setQuote] = useState("");
  const [thread, setThread] = useState(null);
  const [selected, clearSelected] = useSelection();
  const [script, retryScript] = useScriptReady();
  const dark = useDark();
  const domainKey = useDomainKey();
  const path = usePathname();
  const launcher = useRef(null);
  const panel = useRef(null);
  const panelId = useId();

  if (returned !== answered) {
    setAnswered(returned);
    setOpen(true);
  }
  if (open && !kept) setKept(true); // a closed panel keeps its conversation

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
      if (event.key === "Escape" && !event.defaultPrevented && !event.isComposing) setOpen(false);
    };
    document.addEventListener("keydown", close);
    return () => {
      document.removeEventListener("keydown", close);
      button?.focus();
    };
  }, [open]);

  return (
    <div data-chatkit-widget className={styles.root} data-dark={dark || undefined}>
      {selected && (
        <button
          type="button"
          className={styles.ask}
          style={{ left: selected.x, top: selected.y }}
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => {
            setQuote(selected.text);
            clearSelected();
            setOpen(true);
          }}
        >
          Ask about this
        </button>
      )}
      {kept && (
        <section ref={panel} id={panelId} className={styles.panel} hidden={!open} tabIndex={-1} role="dialog" aria-label="Chat">
          <header className={styles.bar}>
            <h2 className={styles.title}>Assistant</h2>
            <IconButton label="Preferences" path={SLIDERS} aria-expanded={menu} onClick={() => setMenu(!menu)} />
            <IconButton label="Close the chat" path={CROSS} onClick={() => setOpen(false)} />
          </header>
          {menu && <PreferencesMenu />}
          {quote && (
            <div className={styles.quote}>
              <blockquote>{quote}</blockquote>
              <IconButton label="Leave the selected text out" path={CROSS} onClick={() => setQuote("")} />
            </div>
          )}
          {session.is === "expired" && (
            <SignIn text="Your session has ended. Sign in to go on with this conversation." thread={thread} />
          )}
          {session.is === "asking" ? (
            <Note>Just a moment…</Note>
          ) : session.is === "signed-out" ? (
            <SignIn text="Please sign in to chat." thread={thread} />
          ) : session.is === "unreachable" ? (
            <Note action="Try again" onAction={() => void readSession().then(setSession)}>
              The chat cannot be reached at the moment.
            </Note>
          ) : domainKey === null ? (
            <Note>The chat is not set up for this address yet: its domain key is missing.</Note>
          ) : script === "failed" ? (
            <Note action="Try again" onAction={retryScript}>
              The chat could not be loaded. Your network or a blocker may keep it away.
            </Note>
          ) : script === "waiting" ? (
            <Note>Loading the chat…</Note>
          ) : (
            <ChatPanel
              key={session.user}
              dark={dark}
              domainKey={domainKey}
              selection={quote}
              signedIn={session.is === "signed-in"}
              thread={returned?.thread ?? lastThread(session.user)}
              onSelectionSent={() => setQuote("")}
              onSignedOut={() => setSession({ ...session, is: "expired" })}
              onThread={(id) => {
                setThread(id);
                rememberThread(session.user, id);
              }}
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
        aria-controls={kept ? panelId : undefined}
        onClick={() => setOpen(!open)}
      >
        <Icon path={open ? "M6 9l6 6 6-6" : "M4 5h16v11H10l-4 4v-4H4zM8 9h8M8 12h5"} />
      </button>
    </div>
  );
}

function SignIn({ text, thread }) {
  const url = signInUrl(thread);
  return (
    <Note>
      {text}
      {url && (
        <a className={styles.primary} href={url}>
          Sign in
        </a>
      )}
    </Note>
  );
}

function Note({ children, action, onAction }) {
  return (
    <div className={styles.note} role="status">
      {children}
      {action && (
        <button type="button" className={styles.primary} onClick={onAction}>
          {action}
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
    <svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true" className={styles.drawing}>
      <path d={path} />
    </svg>
  );
}
