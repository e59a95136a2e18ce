import { usePathname } from "next/navigation";
import { useEffect } from "react";
import { preferencesFrom } from "./preferences";
import { PROXY_PATH, SIGN_IN_PATH } from "./settings";

export const ASKING = { is: "asking", user: "", preferences: preferencesFrom() };
const THREAD = "chatkit-thread-";
const RETURN_NAMES = ["callbackUrl", "redirect", "next"];

/** What to show next: a panel in use is not taken away for a moment without network, nor from where it says to sign in. */
export function following(now, next) {
  const stays = (now.is === "signed-in" && next.is === "unreachable") || (now.is === "expired" && next.is === "signed-out");
  return stays ? now : next;
}

/** Asks the server, because scripts cannot see the session. A redirect means that nobody is there. */
export async function readSession() {
  try {
    const response = await fetch(PROXY_PATH, { redirect: "manual", cache: "no-store" });
    if (response.type === "opaqueredirect" || [401, 403].includes(response.status)) return { ...ASKING, is: "signed-out" };
    const state = await response.json();
    const preferences = preferencesFrom(state.preferences);
    return { is: state.signedIn ? "signed-in" : "signed-out", user: state.user ?? "", preferences };
  } catch {
    return { ...ASKING, is: "unreachable" };
  }
}

/** Where to sign in, with the way back to this page and the open chat; `null` where nobody has to. */
export function signInUrl() {
  if (!SIGN_IN_PATH) return null;
  const back = new URL(location.href);
  back.searchParams.set("chat", "open");
  const target = new URL(SIGN_IN_PATH, location.href);
  for (const name of RETURN_NAMES) target.searchParams.set(name, back.pathname + back.search + back.hash);
  return target.href;
}

/** Tells of each return, by a page load or by the router, and takes its sign out of the address: nobody shall bookmark it. */
export function useReturn(onReturn) {
  const path = usePathname();
  useEffect(() => {
    const here = new URL(location.href);
    if (here.searchParams.get("chat") !== "open") return;
    here.searchParams.delete("chat");
    history.replaceState(history.state, "", here);
    onReturn();
  }, [path, onReturn]);
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
    const found = action(localStorage);
    return typeof found === "string" ? found : null;
  } catch {
    return null; // private windows may refuse
  }
}
