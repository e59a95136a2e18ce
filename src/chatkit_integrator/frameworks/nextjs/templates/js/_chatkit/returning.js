import { usePathname } from "next/navigation";
import { useEffect, useSyncExternalStore } from "react";
import { SIGN_IN_PATH } from "./settings";

/* How people who have to sign in come back to where they were: the same page, the chat open, the same conversation. */

const CHAT = "chat";
const OPEN = "open";
const RETURN_NAMES = ["callbackUrl", "redirect", "next"];
const THREAD = /^thr_[\w-]+$/;

let latest = null;
const watching = new Set();

/** Where to sign in, with the way back to a conversation; `null` where nobody has to. */
export function signInUrl(thread) {
  if (!SIGN_IN_PATH) return null;
  const back = new URL(location.href);
  back.searchParams.set(CHAT, thread ?? OPEN);
  const target = new URL(SIGN_IN_PATH, location.href);
  for (const name of RETURN_NAMES) target.searchParams.set(name, back.pathname + back.search + back.hash);
  return target.href;
}

/** The last return from signing in, by a page load or by the router; each is an object of its own. */
export function useReturn() {
  const path = usePathname();
  useEffect(notice, [path]);
  return useSyncExternalStore(
    watch,
    () => latest,
    () => null,
  );
}

/** Reads the sign of a return and takes it out of the address, so that nobody bookmarks it. */
function notice() {
  const here = new URL(location.href);
  const sign = here.searchParams.get(CHAT);
  if (sign === null || (sign !== OPEN && !THREAD.test(sign))) return;
  here.searchParams.delete(CHAT);
  history.replaceState(history.state, "", here);
  latest = { thread: sign === OPEN ? null : sign };
  for (const changed of Array.from(watching)) changed();
}

function watch(changed) {
  watching.add(changed);
  return () => watching.delete(changed);
}
