import { readSession, type Session } from "./session";
import { PROXY_PATH } from "./settings";

const WITH_CONTEXT = new Set(["threads.create", "threads.add_user_message", "threads.retry_after_item"]);
const MOST_HEADINGS = 12;
const LONGEST = 300;
const isOver = (response: Response) => response.type === "opaqueredirect" || response.status === 401;

/** What goes along with a message, and what the widget has to hear of. */
export type Sending = { session: Session; selection: string; onSent: () => void; onSignedOut: () => void };

/**
 * The fetch that ChatKit uses: each message carries the page and the preferences in its top-level `metadata`.
 *
 * A redirect (of a middleware) or a 401 means that the session is over. Where asking renews it, the request goes out once more.
 */
export function createChatFetch(sending: Sending): typeof fetch {
  return async (input, init) => {
    const target = new URL(input instanceof Request ? input.url : String(input), location.href);
    if (target.origin !== location.origin || target.pathname !== PROXY_PATH) return fetch(input, init);
    const body = withContext(init?.body ?? null, sending);
    const send = () => fetch(input, { ...init, body, redirect: "manual" });
    let response = await send();
    const now = isOver(response) ? await readSession() : null;
    if (now?.is === "signed-in" && now.user === sending.session.user) response = await send();
    if (isOver(response)) {
      sending.onSignedOut();
      return Response.json({ message: "Please sign in to go on." }, { status: 401 });
    }
    if (response.ok && body !== (init?.body ?? null)) sending.onSent();
    return response;
  };
}

function withContext(body: BodyInit | null, { session, selection }: Sending): BodyInit | null {
  if (typeof body !== "string") return body;
  const request = JSON.parse(body) as { type?: string; metadata?: object };
  if (!WITH_CONTEXT.has(request.type ?? "")) return body;
  const { sharePage, ...preferences } = session.preferences;
  const metadata = {
    ...request.metadata,
    ...(sharePage ? { pageContext: readPageContext() } : {}),
    ...(selection ? { selection } : {}),
    // Add a name or a role here, but never an id or a token, which prove nothing.
    userInfo: { locale: navigator.language, timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone },
    preferences: Object.fromEntries(Object.entries(preferences).filter(([, choice]) => choice)),
  };
  return JSON.stringify({ ...request, metadata });
}

/** The page as it is now; read with every message, so that it is right after client-side navigation too. */
function readPageContext() {
  const headings = Array.from(document.querySelectorAll("h1, h2, h3"))
    .filter((heading) => heading.getClientRects().length && !heading.closest("[data-chatkit-widget]")) // pages left are hidden
    .map((heading) => heading.textContent?.trim().slice(0, LONGEST) ?? "")
    .filter(Boolean)
    .slice(0, MOST_HEADINGS);
  return {
    url: location.origin + location.pathname, // queries can hold secrets
    path: location.pathname,
    title: document.title.slice(0, LONGEST),
    description: document.querySelector<HTMLMetaElement>('meta[name="description"]')?.content.slice(0, LONGEST) ?? "",
    headings,
  };
}
