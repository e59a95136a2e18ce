export const DEFAULTS = { tone: "", language: "", level: "", sharePage: true };

const KEY = "chatkit-preferences";

/** What was chosen on this browser before. */
export function loadPreferences() {
  try {
    const stored = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return typeof stored === "object" && stored !== null ? { ...DEFAULTS, ...stored } : DEFAULTS;
  } catch {
    return DEFAULTS;
  }
}

/** Keeps a choice on this browser, where it may be kept. */
export function savePreferences(preferences) {
  try {
    localStorage.setItem(KEY, JSON.stringify(preferences));
  } catch {
    // Private windows may refuse; the choice then holds until the page is left.
  }
}
