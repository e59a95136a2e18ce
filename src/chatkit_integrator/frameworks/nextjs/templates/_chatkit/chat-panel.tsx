import { ChatKit, useChatKit } from "@openai/chatkit-react";
import { useEffect, useRef, useState } from "react";
import { createChatFetch, type Sending } from "./chat-fetch";
import styles from "./chatkit.module.css";
import { lastThread, rememberThread } from "./session";
import { PROXY_PATH } from "./settings";

const FAILED = "Something went wrong. Your conversation is kept; please try again.";
const LATE = "The chat has not started. Please reload the page; its owner may have to allow this address for it.";
const PATIENCE = 15_000;

type Props = Sending & { dark: boolean; domainKey: string };

/** The conversation itself; rendered once chatkit.js is there and somebody may chat. */
export function ChatPanel({ dark, domainKey, session, selection, ...sending }: Props) {
  const [state, setState] = useState<"starting" | "late" | "well" | "failed">("starting");
  const [initialThread] = useState(() => lastThread(session.user));
  const restoring = useRef(initialThread !== null);
  const problem = state === "late" ? LATE : state === "failed" ? FAILED : null;

  const { control, focusComposer, setThreadId } = useChatKit({
    api: { url: PROXY_PATH, domainKey, fetch: createChatFetch({ ...sending, session, selection }) },
    initialThread,
    theme: dark ? "dark" : "light",
    history: { enabled: true },
    composer: { placeholder: selection ? "Ask about the selected text" : "Ask a question" },
    onReady: () => setState("well"),
    onThreadLoadEnd: () => void (restoring.current = false),
    onThreadChange: ({ threadId }) => rememberThread(session.user, threadId),
    onResponseStart: () => setState("well"),
    onError: ({ error }) => {
      console.error("The chat reported an error:", error);
      if (!restoring.current) return setState("failed");
      restoring.current = false; // the remembered conversation is gone
      void setThreadId(null);
    },
  });

  useEffect(() => {
    if (state !== "starting") return;
    const timer = setTimeout(() => setState("late"), PATIENCE);
    return () => clearTimeout(timer);
  }, [state]);

  useEffect(() => {
    if (selection) void focusComposer();
  }, [selection, focusComposer]);

  return (
    <>
      {problem && session.is === "signed-in" && (
        <p className={styles.note} role="alert">
          {problem}
        </p>
      )}
      <ChatKit control={control} className={styles.chat} />
    </>
  );
}
