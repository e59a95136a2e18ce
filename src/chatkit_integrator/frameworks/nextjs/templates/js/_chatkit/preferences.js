import { useSyncExternalStore } from "react";

const DEFAULTS = { tone: "", level: "", language: "", sharePage: true };
const KEY = "chatkit-preferences";

let current = null;
const watching = new Set();

/** What was chosen on this browser. */
export function currentPreferences() {
  if (current) return current;
  try {
    const stored = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    current = { ...DEFAULTS, ...(typeof stored === "object" ? stored : {}) };
  } catch {
    current = DEFAULTS;
  }
  return current;
}

/** The preferences, and a way to change them, kept on this browser. */
export function usePreferences() {
  return [useSyncExternalStore(watch, currentPreferences, () => DEFAULTS), change];
}

function watch(changed) {
  watching.add(changed);
  return () => watching.delete(changed);
}

function change(some) {
  current = { ...currentPreferences(), ...some };
  try {
    localStorage.setItem(KEY, JSON.stringify(current));
  } catch {
    // Private windows may refuse; the choice then holds until the page is left.
  }
  for (const changed of Array.from(watching)) changed();
}
