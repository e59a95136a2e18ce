import { readPageContext, readUserInfo } from "./page-context";
import { currentPreferences } from "./preferences";
import { PROXY_PATH } from "./settings";

const WITH_CONTEXT = new Set(["threads.create", "threads.add_user_message", "threads.retry_after_item"]);

/** What the widget knows when a message is sent, and what it has to hear of. */
export type Sending = { selection: string; onSent: () => void; onSignedOut: () => void };

/**
 * The fetch that ChatKit uses: each message carries the page and the preferences in its top-level `metadata`.
 *
 * A redirect (a middleware that sends people to sign in) and a 401 both mean that the session is over.
 */
export function createChatFetch(sending: Sending): typeof fetch {
  return async (input, init) => {
    const target = new URL(input instanceof Request ? input.url : String(input), location.href);
    if (target.origin !== location.origin || target.pathname !== PROXY_PATH) return fetch(input, init);
    const body = withContext(init?.body ?? null, sending.selection);
    const response = await fetch(input, { ...init, body, redirect: "manual" });
    if (response.type === "opaqueredirect" || response.status === 401) {
      sending.onSignedOut();
      const headers = { "content-type": "application/json" };
      return new Response('{"message":"Please sign in to go on."}', { status: 401, headers });
    }
    if (response.ok && body !== (init?.body ?? null)) sending.onSent();
    return response;
  };
}

function withContext(body: BodyInit | null, selection: string): BodyInit | null {
  if (typeof body !== "string") return body;
  let request: Record<string, unknown>;
  try {
    request = { ...(JSON.parse(body) as Record<string, unknown>) };
  } catch {
    return body;
  }
  if (!WITH_CONTEXT.has(String(request.type))) return body;
  const { sharePage, ...preferences } = currentPreferences();
  const metadata = {
    ...(typeof request.metadata === "object" ? request.metadata : {}),
    ...(sharePage ? { pageContext: readPageContext() } : {}),
    ...(selection ? { selection } : {}),
    userInfo: readUserInfo(),
    preferences: Object.fromEntries(Object.entries(preferences).filter(([, chosen]) => chosen)),
  };
  return JSON.stringify({ ...request, metadata });
}
