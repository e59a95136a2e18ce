import { useEffect, useState, useSyncExternalStore } from "react";

const SOURCE = "https://cdn.platform.openai.com/deployments/chatkit/chatkit.js";
const ELEMENT = "openai-chatkit";
const PATIENCE = 10_000;

/** Whether chatkit.js has defined its element; `failed` after ten seconds without, with a way to try again. */
export function useScriptReady(): ["waiting" | "ready" | "failed", () => void] {
  const defined = useSyncExternalStore(watch, isDefined, () => false);
  const [late, setLate] = useState(false);

  useEffect(() => {
    if (defined || late) return;
    const timer = setTimeout(() => setLate(true), PATIENCE);
    return () => clearTimeout(timer);
  }, [defined, late]);

  const retry = () => {
    setLate(false);
    const script = document.createElement("script");
    script.src = SOURCE;
    script.async = true;
    script.onerror = () => setLate(true);
    document.head.append(script);
  };

  return [defined ? "ready" : late ? "failed" : "waiting", retry];
}

function isDefined(): boolean {
  return customElements.get(ELEMENT) !== undefined;
}

function watch(changed: () => void): () => void {
  let watching = true;
  void customElements.whenDefined(ELEMENT).then(() => {
    if (watching) changed();
  });
  return () => {
    watching = false;
  };
}
