import { loadPreferences } from "./preferences";
import { PROXY_PATH } from "./settings";

/** Who is there, as far as this site's own server tells; `user` says only whether it is still the same person. */
export type Session = { is: "asking" | "signed-in" | "signed-out" | "expired" | "unreachable"; user: string };

export const ASKING: Session = { is: "asking", user: "" };

const THREAD = "chatkit-thread-";

/** What to show next: a panel in use is not taken away for a moment without network, nor from where it says to sign in. */
export function following(now: Session, next: Session): Session {
  const stays = (now.is === "signed-in" && next.is === "unreachable") || (now.is === "expired" && next.is === "signed-out");
  return stays ? now : next;
}

/** Asks the server, because scripts cannot see the session. A redirect means that nobody is there. */
export async function readSession(): Promise<Session> {
  try {
    const response = await fetch(PROXY_PATH, { redirect: "manual", cache: "no-store" });
    if (response.type === "opaqueredirect" || [401, 403].includes(response.status)) return { is: "signed-out", user: "" };
    const state = (await response.json()) as { signedIn?: boolean; user?: string; preferences?: unknown };
    if (state.signedIn) loadPreferences(state.preferences);
    return { is: state.signedIn ? "signed-in" : "signed-out", user: state.user ?? "" };
  } catch {
    return { is: "unreachable", user: "" };
  }
}

/** The conversation that somebody was last in, on this browser; `null` where there is none, or nobody knows who it is. */
export function lastThread(user: string): string | null {
  return user ? stored((storage) => storage.getItem(THREAD + user)) : null;
}

/** Remembers it for them, and for nobody else. */
export function rememberThread(user: string, thread: string | null): void {
  if (user) stored((storage) => (thread ? storage.setItem(THREAD + user, thread) : storage.removeItem(THREAD + user)));
}

function stored(action: (storage: Storage) => string | null | void): string | null {
  try {
    return action(localStorage) ?? null;
  } catch {
    return null; // private windows may refuse
  }
}
