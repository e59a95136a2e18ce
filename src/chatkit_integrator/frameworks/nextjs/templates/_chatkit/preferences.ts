import { useSyncExternalStore } from "react";

/** How somebody likes to be answered; empty means that they have not said. */
export type Preferences = { tone: string; level: string; language: string; sharePage: boolean };

const DEFAULTS: Preferences = { tone: "", level: "", language: "", sharePage: true };
const KEY = "chatkit-preferences";

let current: Preferences | null = null;
const watching = new Set<() => void>();

/** What was chosen on this browser. */
export function currentPreferences(): Preferences {
  if (current) return current;
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    current = { ...DEFAULTS, ...(typeof stored === "object" ? stored : {}) };
  } catch {
    current = DEFAULTS;
  }
  return current;
}

/** The preferences, and a way to change them, kept on this browser. */
export function usePreferences(): [Preferences, (change: Partial<Preferences>) => void] {
  return [useSyncExternalStore(watch, currentPreferences, () => DEFAULTS), change];
}

function watch(changed: () => void): () => void {
  watching.add(changed);
  return () => watching.delete(changed);
}

function change(some: Partial<Preferences>): void {
  current = { ...currentPreferences(), ...some };
  try {
    localStorage.setItem(KEY, JSON.stringify(current));
  } catch {
    // Private windows may refuse; the choice then holds until the page is left.
  }
  for (const changed of Array.from(watching)) changed();
}
