import { loadPreferences } from "./preferences";
import { PROXY_PATH } from "./settings";

export const ASKING = { is: "asking", user: "" };

const THREAD = "chatkit-thread-";

/** What to show next: a panel in use is not taken away for a moment without network, nor from where it says to sign in. */
export function following(now, next) {
  const stays = (now.is === "signed-in" && next.is === "unreachable") || (now.is === "expired" && next.is === "signed-out");
  return stays ? now : next;
}

/** Asks the server, because scripts cannot see the session. A redirect means that nobody is there. */
export async function readSession() {
  try {
    const response = await fetch(PROXY_PATH, { redirect: "manual", cache: "no-store" });
    if (response.type === "opaqueredirect" || [401, 403].includes(response.status)) return { is: "signed-out", user: "" };
    const state = await response.json();
    if (state.signedIn) loadPreferences(state.preferences);
    return { is: state.signedIn ? "signed-in" : "signed-out", user: state.user ?? "" };
  } catch {
    return { is: "unreachable", user: "" };
  }
}

/** The conversation that somebody was last in, on this browser; `null` where there is none, or nobody knows who it is. */
export function lastThread(user) {
  return user ? stored((storage) => storage.getItem(THREAD + user)) : null;
}

/** Remembers it for them, and for nobody else. */
export function rememberThread(user, thread) {
  if (user) stored((storage) => (thread ? storage.setItem(THREAD + user, thread) : storage.removeItem(THREAD + user)));
}

function stored(action) {
  try {
    return action(localStorage) ?? null;
  } catch {
    return null; // private windows may refuse
  }
}
