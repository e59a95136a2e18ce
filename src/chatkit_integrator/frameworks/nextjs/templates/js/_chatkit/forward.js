import { BACKEND_PATH } from "./settings";

const LARGEST_BODY = 1024 * 1024;
const PASSED_ON = ["accept", "accept-language", "content-type", "chatkit-frame-instance-id"];
export const UNREACHABLE = "The chat cannot reach its server. Please try again in a moment.";
const STREAMED = { "cache-control": "no-cache, no-transform", "x-accel-buffering": "no" };
export const OTHER_SITE = "The chat belongs to its own site.";
export const signInAgain = () => answer(401, "Please sign in again to go on.");

/**
 * Sends one ChatKit request on to the backend as the person that `token` stands for, and streams the answer back.
 *
 * Only `token` says who is speaking, and no header does. A streaming request is answered with events and never with a 5xx: the
 * client would send it, and pay for it, up to five times more. `refused` answers where there is no token, or it is not taken.
 */
export async function forward(request, token, refused = signInAgain) {
  if (!isOwnSite(request)) return answer(403, OTHER_SITE);
  const body = await read(request);
  if (body === null) return answer(413, "This message is too long.");
  if (!token) return refused(body);
  const headers = Object.fromEntries(Array.from(request.headers).filter(([name]) => PASSED_ON.includes(name)));
  const upstream = await ask(token, "", { method: "POST", headers, body, signal: request.signal });
  if (!upstream) return failure(body, UNREACHABLE);
  if (upstream.status === 401 || upstream.status === 403) return refused(body);
  const type = upstream.headers.get("content-type") ?? "application/json";
  const isStream = type.startsWith("text/event-stream");
  const isOdd = upstream.status < 400 && (upstream.status >= 300 || (isStreaming(body) && !isStream));
  if (isOdd || upstream.status >= 500) {
    console.error(`The chat's backend answered with status ${upstream.status} and ${type}`);
    return failure(body, UNREACHABLE);
  }
  const answered = isStream && upstream.body ? toItsEnd(upstream.body) : upstream.body;
  return new Response(answered, { status: upstream.status, headers: { ...STREAMED, "content-type": type } });
}

/** An answer with a message that the chat shows. */
export function answer(status, message) {
  return Response.json({ message }, { status, headers: { "cache-control": "no-store" } });
}

/** Whether somebody may chat, and what the backend keeps about how, for the widget to ask; never kept in a cache. */
export async function status(token, everyone = false) {
  const upstream = token ? await ask(token, "/me", {}) : null;
  const kept = upstream?.ok ? await upstream.json().catch(() => null) : null;
  const refused = !token || upstream?.status === 401 || upstream?.status === 403;
  const state = { ...(typeof kept === "object" ? kept : null), signedIn: everyone || !refused };
  return Response.json(state, { headers: { "cache-control": "no-store" } });
}

/** Has the backend keep how somebody likes to be answered. */
export async function keep(request, token) {
  if (!isOwnSite(request)) return answer(403, OTHER_SITE);
  if (!token) return answer(401, "Please sign in to go on.");
  const headers = { "content-type": "application/json" };
  const upstream = await ask(token, "/me", { method: "PUT", headers, body: (await read(request)) ?? "" });
  return upstream?.ok ? answer(200, "Kept.") : answer(502, UNREACHABLE);
}

/** The backend's answer to the person that `token` stands for; `null` where it cannot be reached. */
async function ask(token, path, init) {
  const headers = { ...init.headers, ...(typeof token === "string" ? { authorization: `Bearer ${token}` } : token) };
  try {
    return await fetch(backendUrl() + path, { ...init, headers, redirect: "manual", cache: "no-store" });
  } catch (error) {
    if (!init.signal?.aborted) console.error("The chat's backend cannot be reached:", error);
    return null;
  }
}

/** Tells a streaming request what went wrong in its stream, and any other by status. */
export function failure(body, message) {
  if (!isStreaming(body)) return answer(502, message);
  return new Response(errorEvent(message), { headers: { ...STREAMED, "content-type": "text/event-stream" } });
}

function errorEvent(message) {
  return `data: ${JSON.stringify({ type: "error", code: "custom", message, allow_retry: true })}\n\n`;
}

/** The events as they come; where the backend breaks off, the last of them says so. */
function toItsEnd(events) {
  const { readable, writable } = new TransformStream();
  const breakOff = async () => {
    const writer = writable.getWriter();
    await writer.write(new TextEncoder().encode(`\n\n${errorEvent("The answer broke off. Please try again.")}`));
    await writer.close();
  };
  events
    .pipeTo(writable, { preventAbort: true })
    .catch(breakOff)
    .catch(() => {}); // where nobody reads any more
  return readable;
}

function isStreaming(body) {
  try {
    const { type } = JSON.parse(body);
    return /^threads\.(create|add_|retry_|custom_action)/.test(String(type));
  } catch {
    return false;
  }
}

/** The body; `null` where it is too long. */
async function read(request) {
  const reader = request.body?.getReader();
  const decoder = new TextDecoder();
  let [text, size] = ["", 0];
  for (;;) {
    const part = await reader?.read();
    if (!part || part.done) return text + decoder.decode();
    size += part.value.byteLength;
    if (size > LARGEST_BODY) return null;
    text += decoder.decode(part.value, { stream: true });
  }
}

/** Other sites may not speak for this site's visitors. */
export function isOwnSite(request) {
  const site = request.headers.get("sec-fetch-site");
  if (site) return site === "same-origin" || site === "none";
  const origin = request.headers.get("origin");
  const hosts = [request.headers.get("x-forwarded-host"), request.headers.get("host")];
  return origin === null || (URL.canParse(origin) && hosts.includes(new URL(origin).host));
}

export function backendUrl() {
  const base = process.env.CHATKIT_BACKEND_URL || (process.env.NODE_ENV === "production" ? "" : "http://127.0.0.1:8000");
  if (!base) throw new Error("CHATKIT_BACKEND_URL is not set");
  return base.replace(/\/+$/, "") + BACKEND_PATH;
}
