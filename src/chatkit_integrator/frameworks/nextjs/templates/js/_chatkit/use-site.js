import { useSyncExternalStore } from "react";

const LOCAL = ["localhost", "127.0.0.1", "[::1]"];
const DARK = "(prefers-color-scheme: dark)";

/** The key that ChatKit asks for: a made-up one on localhost, the site's own elsewhere; `null` where that is missing. */
export function useDomainKey() {
  const local = useSyncExternalStore(watchTheme, isLocal, () => true);
  return process.env.NEXT_PUBLIC_CHATKIT_DOMAIN_KEY || (local ? "local-dev" : null);
}

/** Whether the page is dark: by what its root element is named, else by the colours that are really there. */
export function useDark() {
  return useSyncExternalStore(watchTheme, isDark, () => false);
}

function isLocal() {
  return LOCAL.includes(location.hostname);
}

function isDark() {
  const root = document.documentElement;
  const named = [root.dataset.theme, ...Array.from(root.classList)].find((name) => name === "dark" || name === "light");
  if (named) return named === "dark";
  for (const element of [document.body, root]) {
    const dark = isDarkColour(getComputedStyle(element).backgroundColor);
    if (dark !== null) return dark;
  }
  const scheme = getComputedStyle(root).colorScheme; // what the browser paints where nothing else does
  return scheme.includes("dark") && (!scheme.includes("light") || matchMedia(DARK).matches);
}

const known = new Map();

/** Whether a colour is dark, in whatever notation a browser gives it; `null` where one sees through it. */
function isDarkColour(colour) {
  const found = known.get(colour);
  const canvas = found === undefined ? document.createElement("canvas").getContext("2d") : null;
  if (!canvas) return found ?? null;
  canvas.fillStyle = colour;
  canvas.fillRect(0, 0, 1, 1);
  const [red = 0, green = 0, blue = 0, opacity = 0] = Array.from(canvas.getImageData(0, 0, 1, 1).data);
  known.set(colour, opacity < 128 ? null : 0.299 * red + 0.587 * green + 0.114 * blue < 128);
  return known.get(colour) ?? null;
}

function watchTheme(changed) {
  const preferred = matchMedia(DARK);
  const observer = new MutationObserver(changed);
  const whole = { attributeFilter: ["class", "data-theme", "style"] };
  observer.observe(document.documentElement, whole);
  observer.observe(document.body, whole);
  document.body.addEventListener("transitionend", changed); // a colour that fades is only then what it will be
  preferred.addEventListener("change", changed);
  return () => {
    observer.disconnect();
    document.body.removeEventListener("transitionend", changed);
    preferred.removeEventListener("change", changed);
  };
}
