import { useEffect, useState } from "react";

const LONGEST = 2000;
const PAUSE = 200;

/** The current selection outside the chat; `null` without one. */
export function useSelection() {
  const [selected, setSelected] = useState(null);

  useEffect(() => {
    let timer;
    const soon = () => {
      clearTimeout(timer);
      timer = setTimeout(() => setSelected(read()), PAUSE);
    };
    document.addEventListener("selectionchange", soon);
    document.addEventListener("scroll", soon, { capture: true, passive: true });
    return () => {
      clearTimeout(timer);
      document.removeEventListener("selectionchange", soon);
      document.removeEventListener("scroll", soon, { capture: true });
    };
  }, []);

  return [selected, () => setSelected(null)];
}

function read() {
  const selection = document.getSelection();
  const text = selection?.toString().trim() ?? "";
  const node = selection?.anchorNode;
  const element = node instanceof Element ? node : (node?.parentElement ?? null);
  if (!selection?.rangeCount || !text || element?.closest("[data-chatkit-widget], input, textarea")) return null;
  const box = selection.getRangeAt(0).getBoundingClientRect();
  if (box.bottom < 0 || box.top > innerHeight) return null;
  return {
    text: text.slice(0, LONGEST),
    x: Math.min(Math.max(box.left + box.width / 2, 80), innerWidth - 80),
    y: Math.max(box.top, 56),
  };
}
