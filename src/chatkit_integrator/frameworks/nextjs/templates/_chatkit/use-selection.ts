import { useEffect, useState } from "react";

const LONGEST = 2000;

/** Text that somebody has selected on the page, and where it is on the screen. */
export type Selected = { text: string; x: number; y: number };

/** The current selection outside the chat; `null` without one. */
export function useSelection(): [Selected | null, () => void] {
  const [selected, setSelected] = useState<Selected | null>(null);

  useEffect(() => {
    const read = () => {
      const selection = document.getSelection();
      const text = selection?.toString().trim() ?? "";
      const node = selection?.anchorNode;
      const element = node instanceof Element ? node : (node?.parentElement ?? null);
      if (!selection || !text || !selection.rangeCount || element?.closest("[data-chatkit-widget], input, textarea")) {
        setSelected(null);
        return;
      }
      const box = selection.getRangeAt(0).getBoundingClientRect();
      setSelected({
        text: text.slice(0, LONGEST),
        x: Math.min(Math.max(box.left + box.width / 2, 60), innerWidth - 60),
        y: Math.max(box.top, 48),
      });
    };
    document.addEventListener("mouseup", read);
    document.addEventListener("keyup", read);
    return () => {
      document.removeEventListener("mouseup", read);
      document.removeEventListener("keyup", read);
    };
  }, []);

  return [selected, () => setSelected(null)];
}
