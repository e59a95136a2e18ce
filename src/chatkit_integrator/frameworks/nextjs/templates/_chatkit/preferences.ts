import { useSyncExternalStore } from "react";
import { PROXY_PATH } from "./settings";

/** How somebody likes to be answered; empty means that they have not said. */
export type Preferences = { tone: string; level: string; language: string; sharePage: boolean };

const DEFAULTS: Preferences = { tone: "", level: "", language: "", sharePage: true };
const PAUSE = 300;

let current = DEFAULTS;
let timer: ReturnType<typeof setTimeout> | undefined;
const watching = new Set<() => void>();

/** What was chosen, on whichever browser. */
export function currentPreferences(): Preferences {
  return current;
}

/** The preferences, and a way to change them; the backend keeps them for whoever is signed in. */
export function usePreferences(): [Preferences, (change: Partial<Preferences>) => void] {
  return [useSyncExternalStore(watch, currentPreferences, () => DEFAULTS), change];
}

/** Takes over what the backend has kept. */
export function loadPreferences(kept: unknown): void {
  if (timer === undefined) set({ ...DEFAULTS, ...(typeof kept === "object" ? kept : {}) });
}

function change(some: Partial<Preferences>): void {
  set({ ...current, ...some });
  clearTimeout(timer);
  timer = setTimeout(() => {
    timer = undefined;
    const headers = { "content-type": "application/json" };
    const request = fetch(PROXY_PATH, { method: "PUT", headers, body: JSON.stringify(current), keepalive: true });
    request.catch((error: unknown) => console.error("The chat's preferences could not be kept:", error));
  }, PAUSE);
}

function set(preferences: Preferences): void {
  current = preferences;
  for (const changed of Array.from(watching)) changed();
}

function watch(changed: () => void): () => void {
  watching.add(changed);
  return () => watching.delete(changed);
}
