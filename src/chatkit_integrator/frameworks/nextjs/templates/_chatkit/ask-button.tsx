import { useEffect, useState, type MouseEvent } from "react";
import styles from "./chatkit.module.css";

const LONGEST = 2000;
const PAUSE = 200;

/** A button at the text that somebody has selected outside the chat. */
export function AskButton({ onAsk }: { onAsk: (text: string) => void }) {
  const [selected, setSelected] = useState<ReturnType<typeof readSelection>>(null);

  useEffect(() => {
    const gone = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const soon = () => {
      clearTimeout(timer);
      timer = setTimeout(() => !gone.signal.aborted && setSelected(readSelection()), PAUSE);
    };
    document.addEventListener("selectionchange", soon, { signal: gone.signal });
    document.addEventListener("scroll", soon, { capture: true, passive: true, signal: gone.signal });
    return () => gone.abort();
  }, []);

  if (!selected) return null;
  const ask = () => {
    onAsk(selected.text);
    setSelected(null);
  };
  const keepSelection = (event: MouseEvent) => event.preventDefault();
  return (
    <button type="button" className={styles.ask} style={selected.place} onMouseDown={keepSelection} onClick={ask}>
      Ask about this
    </button>
  );
}

function readSelection() {
  const selection = document.getSelection();
  const text = selection?.toString().trim() ?? "";
  const node = selection?.anchorNode;
  const element = node instanceof Element ? node : node?.parentElement;
  if (!selection || selection.isCollapsed || !text || element?.closest("[data-chatkit-widget]")) return null; // or in a field
  const box = selection.getRangeAt(0).getBoundingClientRect();
  if (box.bottom < 0 || box.top > innerHeight) return null;
  const left = Math.min(Math.max(box.left + box.width / 2, 80), innerWidth - 80);
  return { text: text.slice(0, LONGEST), place: { left, top: Math.max(box.top, 56) } };
}
