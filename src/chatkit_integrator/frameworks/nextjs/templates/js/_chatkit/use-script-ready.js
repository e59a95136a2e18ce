import { useEffect, useState } from "react";

const SOURCE = "https://cdn.platform.openai.com/deployments/chatkit/chatkit.js";
const PATIENCE = 10_000;

/** Whether chatkit.js has defined its element; `failed` after ten seconds without, with a way to try again. */
export function useScriptReady() {
  const [script, setScript] = useState("waiting");

  useEffect(() => {
    if (script !== "waiting") return;
    const timer = setTimeout(() => setScript("failed"), PATIENCE);
    void customElements.whenDefined("openai-chatkit").then(() => setScript("ready")); // late is better than never
    return () => clearTimeout(timer);
  }, [script]);

  const retry = () => {
    setScript("waiting");
    document.head.append(Object.assign(document.createElement("script"), { src: SOURCE, onerror: () => setScript("failed") }));
  };

  return [script, retry];
}
