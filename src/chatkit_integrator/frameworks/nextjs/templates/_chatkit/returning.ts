import { useSyncExternalStore } from "react";
import { SIGN_IN_PATH } from "./settings";

/* How people who have to sign in come back to where they were: the same page, the chat open, the same conversation. */

const CHAT = "chat";
const OPEN = "open";
const RETURN_NAMES = ["callbackUrl", "redirect", "next"];

let came: string | null | undefined;

/** Where to sign in, with the way back to a conversation; `null` where nobody has to. */
export function signInUrl(thread: string | null): string | null {
  if (!SIGN_IN_PATH) return null;
  const back = new URL(location.href);
  back.searchParams.set(CHAT, thread ?? OPEN);
  const target = new URL(SIGN_IN_PATH, location.href);
  for (const name of RETURN_NAMES) target.searchParams.set(name, back.pathname + back.search + back.hash);
  return target.href;
}

/** Whether somebody came back to the chat, and to which conversation. */
export function useReturned(): { returned: boolean; thread: string | null } {
  const value = useSyncExternalStore(watchNothing, readAddress, () => null);
  return { returned: value !== null, thread: value === OPEN ? null : value };
}

/** Takes the sign of the return out of the address, so that nobody bookmarks it. */
export function tidyAddress(): void {
  const here = new URL(location.href);
  if (!here.searchParams.has(CHAT)) return;
  here.searchParams.delete(CHAT);
  history.replaceState(history.state, "", here);
}

function readAddress(): string | null {
  if (came !== undefined) return came;
  const value = new URL(location.href).searchParams.get(CHAT) ?? "";
  came = value === OPEN || /^thr_[\w-]+$/.test(value) ? value : null;
  return came;
}

function watchNothing(): () => void {
  return () => undefined;
}
