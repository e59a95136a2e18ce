import { ChatKit, useChatKit } from "@openai/chatkit-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { createChatFetch } from "./chat-fetch";
import { PROXY_PATH } from "./settings";
import styles from "./chatkit.module.css";

/** The conversation itself; rendered once chatkit.js is there and somebody may chat. */
export function ChatPanel({ dark, domainKey, preferences, selection, onSelectionSent, onSignedOut }) {
  const [problem, setProblem] = useState("");
  const latest = useRef({ preferences, selection, onSignedOut });
  useEffect(() => {
    latest.current = { preferences, selection, onSignedOut };
  });

  const chatFetch = useMemo(
    () =>
      createChatFetch({
        preferences: () => latest.current.preferences,
        selection: () => latest.current.selection,
        onSignedOut: () => latest.current.onSignedOut(),
      }),
    [],
  );

  const { control } = useChatKit({
    api: { url: PROXY_PATH, domainKey, fetch: chatFetch },
    theme: dark ? "dark" : "light",
    history: { enabled: true },
    composer: { placeholder: selection ? "Ask about the selected text" : "Ask a question" },
    onError: ({ error }) => {
      console.error("The chat reported an error:", error);
      setProblem("Something went wrong. Your conversation is kept; please try again.");
    },
    onResponseStart: () => {
      setProblem("");
      if (latest.current.selection) onSelectionSent();
    },
  });

  return (
    <>
      {problem && (
        <p className={styles.problem} role="alert">
          {problem}
        </p>
      )}
      <ChatKit control={control} className={styles.chat} />
    </>
  );
}
