import { useSearchParams } from "next/navigation";
import { SIGN_IN_PATH } from "./settings";

/* How people who have to sign in come back to where they were: the same page, the chat open, the same conversation. */

const CHAT = "chat";
const OPEN = "open";
const RETURN_NAMES = ["callbackUrl", "redirect", "next"];
const MARK = /^(open|thr_[\w-]+)$/;

/** Where to sign in, with the way back to a conversation; `null` where nobody has to. */
export function signInUrl(thread) {
  if (!SIGN_IN_PATH) return null;
  const back = new URL(location.href);
  back.searchParams.set(CHAT, thread ?? OPEN);
  const target = new URL(SIGN_IN_PATH, location.href);
  for (const name of RETURN_NAMES) target.searchParams.set(name, back.pathname + back.search + back.hash);
  return target.href;
}

/** The mark that somebody just came back with, by a page load or by the router; `null` otherwise. */
export function useReturnMark() {
  const value = useSearchParams().get(CHAT);
  return value !== null && MARK.test(value) ? value : null;
}

/** The conversation that a mark stands for; `null` where it only says that the chat was open. */
export function threadOf(mark) {
  return mark === OPEN ? null : mark;
}

/** Takes the mark out of the address, so that nobody bookmarks it. */
export function tidyAddress() {
  const here = new URL(location.href);
  if (!here.searchParams.has(CHAT)) return;
  here.searchParams.delete(CHAT);
  history.replaceState(history.state, "", here);
}
