import { useSyncExternalStore } from "react";

const LOCAL = ["localhost", "127.0.0.1", "[::1]"];
const DARK = "(prefers-color-scheme: dark)";

/** The key that ChatKit asks for: a made-up one on localhost, the site's own elsewhere; `null` where that is missing. */
export function domainKey() {
  return process.env.NEXT_PUBLIC_CHATKIT_DOMAIN_KEY || (LOCAL.includes(location.hostname) ? "local-dev" : null);
}

/** Whether the page is dark: by what its root element is named, else by the colours that are really there. */
export function useDark() {
  return useSyncExternalStore(watch, isDark, () => false);
}

function isDark() {
  const root = document.documentElement;
  const named = [root.dataset.theme, ...Array.from(root.classList)].find((name) => name === "dark" || name === "light");
  if (named) return named === "dark";
  const dark = [document.body, root].map(isDarkBehind).find((one) => one !== null);
  if (dark !== undefined) return dark;
  const scheme = getComputedStyle(root).colorScheme; // what the browser paints where nothing else does
  return scheme.includes("dark") && (!scheme.includes("light") || matchMedia(DARK).matches);
}

/** Whether an element's background is dark, in whatever notation a browser gives it; `null` where one sees through it. */
function isDarkBehind(element) {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d");
  if (!canvas) return null;
  canvas.fillStyle = getComputedStyle(element).backgroundColor;
  canvas.fillRect(0, 0, 1, 1);
  const [red = 0, green = 0, blue = 0, opacity = 0] = Array.from(canvas.getImageData(0, 0, 1, 1).data);
  return opacity < 128 ? null : 0.299 * red + 0.587 * green + 0.114 * blue < 128;
}

function watch(changed) {
  const gone = new AbortController();
  const observer = new MutationObserver(changed);
  for (const element of [document.documentElement, document.body]) {
    observer.observe(element, { attributeFilter: ["class", "data-theme", "style"] });
    element.addEventListener("transitionend", changed, gone); // a colour that fades is only then what it will be
  }
  matchMedia(DARK).addEventListener("change", changed, gone);
  return () => {
    observer.disconnect();
    gone.abort();
  };
}
