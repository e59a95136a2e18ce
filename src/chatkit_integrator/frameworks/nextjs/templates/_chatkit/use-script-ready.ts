import { useCallback, useEffect, useState } from "react";

const SOURCE = "https://cdn.platform.openai.com/deployments/chatkit/chatkit.js";
const PATIENCE = 10_000;

export type ScriptState = "waiting" | "ready" | "failed";

/** Whether chatkit.js has defined its element; `failed` after ten seconds without, with a way to try again. */
export function useScriptReady(): [ScriptState, () => void] {
  const [state, setState] = useState<ScriptState>("waiting");
  const [attempt, setAttempt] = useState(0);

  useEffect(() => {
    let over = false;
    setState(customElements.get("openai-chatkit") ? "ready" : "waiting");
    const timer = setTimeout(() => {
      if (!over) setState((now) => (now === "ready" ? now : "failed"));
    }, PATIENCE);
    customElements.whenDefined("openai-chatkit").then(() => {
      if (!over) setState("ready");
    });
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [attempt]);

  const retry = useCallback(() => {
    const script = document.createElement("script");
    script.src = SOURCE;
    script.async = true;
    document.head.append(script);
    setAttempt((now) => now + 1);
  }, []);

  return [state, retry];
}
