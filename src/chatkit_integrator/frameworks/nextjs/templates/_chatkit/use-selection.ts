import { useEffect, useState } from "react";

const LONGEST = 2000;
const PAUSE = 200;

/** Text that somebody has selected on the page, and where it is on the screen. */
export type Selected = { text: string; x: number; y: number };

/** The current selection outside the chat; `null` without one. */
export function useSelection(): [Selected | null, () => void] {
  const [selected, setSelected] = useState<Selected | null>(null);

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
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

function read(): Selected | null {
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
