import { useSyncExternalStore } from "react";
import { PROXY_PATH } from "./settings";

const DEFAULTS = { tone: "", level: "", language: "", sharePage: true };

let current = DEFAULTS;
let [sending, changed] = [false, false];
const watching = new Set();

/** What was chosen, on whichever browser. */
export function currentPreferences() {
  return current;
}

/** The preferences, and a way to change them; the backend keeps them for whoever is signed in. */
export function usePreferences() {
  return [useSyncExternalStore(watch, currentPreferences, () => DEFAULTS), change];
}

/** Takes over what the backend has kept. */
export function loadPreferences(kept) {
  if (!sending) set({ ...DEFAULTS, ...(typeof kept === "object" ? kept : {}) });
}

function change(some) {
  set({ ...current, ...some });
  changed = true;
  if (!sending) void send();
}

/** Has the last choice kept, one request at a time, so that an earlier one never comes after it. */
async function send() {
  sending = true;
  while (changed) {
    changed = false;
    const init = { method: "PUT", headers: { "content-type": "application/json" }, body: JSON.stringify(current) };
    await fetch(PROXY_PATH, { ...init, keepalive: true }).catch((error) => {
      console.error("The chat's preferences could not be kept:", error);
    });
  }
  sending = false;
}

function set(preferences) {
  current = preferences;
  for (const notify of Array.from(watching)) notify();
}

function watch(notify) {
  watching.add(notify);
  return () => watching.delete(notify);
}
