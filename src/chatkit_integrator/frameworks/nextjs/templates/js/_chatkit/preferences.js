import { useSyncExternalStore } from "react";
import { PROXY_PATH } from "./settings";

const DEFAULTS = { tone: "", level: "", language: "", sharePage: true };
const PAUSE = 300;

let current = DEFAULTS;
let timer;
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
  if (timer === undefined) set({ ...DEFAULTS, ...(typeof kept === "object" ? kept : {}) });
}

function change(some) {
  set({ ...current, ...some });
  clearTimeout(timer);
  timer = setTimeout(() => {
    timer = undefined;
    const headers = { "content-type": "application/json" };
    const request = fetch(PROXY_PATH, { method: "PUT", headers, body: JSON.stringify(current), keepalive: true });
    request.catch((error) => console.error("The chat's preferences could not be kept:", error));
  }, PAUSE);
}

function set(preferences) {
  current = preferences;
  for (const changed of Array.from(watching)) changed();
}

function watch(changed) {
  watching.add(changed);
  return () => watching.delete(changed);
}
