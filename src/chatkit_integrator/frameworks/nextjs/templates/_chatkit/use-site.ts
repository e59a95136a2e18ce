import { useSyncExternalStore } from "react";

const LOCAL = ["localhost", "127.0.0.1", "[::1]"];
const DARK = "(prefers-color-scheme: dark)";

/** The key that ChatKit asks for: a made-up one on localhost, the site's own elsewhere; `null` where that is missing. */
export function useDomainKey(): string | null {
  const local = useSyncExternalStore(watchTheme, isLocal, () => true);
  return process.env.NEXT_PUBLIC_CHATKIT_DOMAIN_KEY || (local ? "local-dev" : null);
}

/** Whether the site is dark: by a class or attribute on its root element, else by what the person prefers. */
export function useDark(): boolean {
  return useSyncExternalStore(watchTheme, isDark, () => false);
}

function isLocal(): boolean {
  return LOCAL.includes(location.hostname);
}

function isDark(): boolean {
  const root = document.documentElement;
  const named = root.dataset.theme ?? ["dark", "light"].find((name) => root.classList.contains(name));
  return named ? named === "dark" : matchMedia(DARK).matches;
}

function watchTheme(changed: () => void): () => void {
  const preferred = matchMedia(DARK);
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, { attributeFilter: ["class", "data-theme"] });
  preferred.addEventListener("change", changed);
  return () => {
    observer.disconnect();
    preferred.removeEventListener("change", changed);
  };
}
