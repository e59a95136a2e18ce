import { useSyncExternalStore } from "react";
import { PROXY_PATH } from "./settings";

/** How somebody likes to be answered; empty means that they have not said. */
export type Preferences = { tone: string; level: string; language: string; sharePage: boolean };

const DEFAULTS: Preferences = { tone: "", level: "", language: "", sharePage: true };

let current = DEFAULTS;
let [sending, changed] = [false, false];
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
  if (!sending) set({ ...DEFAULTS, ...(typeof kept === "object" ? kept : {}) });
}

function change(some: Partial<Preferences>): void {
  set({ ...current, ...some });
  changed = true;
  if (!sending) void send();
}

/** Has the last choice kept, one request at a time, so that an earlier one never comes after it. */
async function send(): Promise<void> {
  sending = true;
  while (changed) {
    changed = false;
    const init = { method: "PUT", headers: { "content-type": "application/json" }, body: JSON.stringify(current) };
    await fetch(PROXY_PATH, { ...init, keepalive: true }).catch((error: unknown) => {
      console.error("The chat's preferences could not be kept:", error);
    });
  }
  sending = false;
}

function set(preferences: Preferences): void {
  current = preferences;
  for (const notify of Array.from(watching)) notify();
}

function watch(notify: () => void): () => void {
  watching.add(notify);
  return () => watching.delete(notify);
}
