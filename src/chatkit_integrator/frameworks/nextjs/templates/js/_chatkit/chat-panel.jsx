import { ChatKit, useChatKit } from "@openai/chatkit-react";
import { useEffect, useRef, useState } from "react";
import { createChatFetch } from "./chat-fetch";
import styles from "./chatkit.module.css";
import { PROXY_PATH } from "./settings";

const FAILED = "Something went wrong. Your conversation is kept; please try again.";
const NOT_STARTED = "The chat has not started. Please reload the page; its owner may have to allow this address for it.";
const PATIENCE = 15_000;

/** The conversation itself; rendered once chatkit.js is there and somebody may chat. */
export function ChatPanel({ dark, domainKey, selection, signedIn, thread, onSelectionSent, onSignedOut, onThread }) {
  const [problem, setProblem] = useState("");
  const [ready, setReady] = useState(false);
  const [initialThread] = useState(thread);
  const restoring = useRef(thread !== null);

  const { control, focusComposer, setThreadId } = useChatKit({
    api: {
      url: PROXY_PATH,
      domainKey,
      fetch: createChatFetch({ selection, onSent: onSelectionSent, onSignedOut }),
    },
    initialThread,
    theme: dark ? "dark" : "light",
    history: { enabled: true },
    composer: { placeholder: selection ? "Ask about the selected text" : "Ask a question" },
    onReady: () => {
      setReady(true);
      setProblem("");
    },
    onThreadLoadEnd: () => {
      restoring.current = false;
    },
    onThreadChange: ({ threadId }) => onThread(threadId),
    onResponseStart: () => setProblem(""),
    onError: ({ error }) => {
      console.error("The chat reported an error:", error);
      if (!restoring.current) return setProblem(FAILED);
      restoring.current = false; // the remembered conversation is gone
      void setThreadId(null);
    },
  });

  useEffect(() => {
    if (ready) return;
    const timer = setTimeout(() => setProblem(NOT_STARTED), PATIENCE);
    return () => clearTimeout(timer);
  }, [ready]);

  useEffect(() => {
    if (selection) void focusComposer();
  }, [selection, focusComposer]);

  return (
    <>
      {problem && signedIn && (
        <p className={styles.problem} role="alert">
          {problem}
        </p>
      )}
      <ChatKit control={control} className={styles.chat} />
    </>
  );
}
