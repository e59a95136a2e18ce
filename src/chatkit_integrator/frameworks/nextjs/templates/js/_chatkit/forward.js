import { BACKEND_PATH } from "./settings";

const LARGEST_BODY = 1024 * 1024;
const PASSED_ON = ["accept", "accept-language", "content-type", "chatkit-frame-instance-id"];
const UNREACHABLE = "The chat cannot reach its server. Please try again in a moment.";
const SIGN_IN_AGAIN = "Please sign in again to go on.";

/**
 * Sends one ChatKit request on to the backend as the person that `token` stands for, and streams the answer back.
 *
 * Whoever sends a header that says who they are is not believed: only `token` does. A streaming request is never answered
 * with a 5xx or with anything but events, because the client would send it, and pay for it, up to five times more.
 */
export async function forward(request, token) {
  const refused = refuse(request);
  if (refused) return refused;
  const body = await request.arrayBuffer();
  if (body.byteLength > LARGEST_BODY) return answer(413, "This message is too long.");
  const headers = new Headers({ authorization: `Bearer ${token}` });
  for (const name of PASSED_ON) {
    const value = request.headers.get(name);
    if (value) headers.set(name, value);
  }
  let upstream;
  try {
    upstream = await fetch(backendUrl(), {
      method: "POST",
      headers,
      body,
      signal: request.signal,
      redirect: "manual",
      cache: "no-store",
    });
  } catch (error) {
    console.error("The chat's backend cannot be reached:", error instanceof Error ? error.message : "unknown error");
    return failure(body, UNREACHABLE);
  }
  if (upstream.status === 401 || upstream.status === 403) return answer(401, SIGN_IN_AGAIN);
  if (upstream.status >= 500 || (upstream.status >= 300 && upstream.status < 400)) {
    console.error("The chat's backend answered with status", upstream.status);
    return failure(body, UNREACHABLE);
  }
  return new Response(upstream.body, {
    status: upstream.status,
    headers: {
      "content-type": upstream.headers.get("content-type") ?? "application/json",
      "cache-control": "no-cache, no-transform",
      "x-accel-buffering": "no",
    },
  });
}

/** An answer with a message that the chat shows. */
export function answer(status, message) {
  return Response.json({ message }, { status, headers: { "cache-control": "no-store" } });
}

/** Whether somebody may chat, for the widget to ask; never kept in a cache. */
export function status(signedIn) {
  return Response.json({ signedIn }, { headers: { "cache-control": "no-store" } });
}

/** Tells a streaming request what went wrong in its stream, and any other by status. */
export function failure(body, message) {
  if (!isStreaming(body)) return answer(502, message);
  const event = { type: "error", code: "custom", message, allow_retry: true };
  return new Response(`data: ${JSON.stringify(event)}\n\n`, {
    headers: { "content-type": "text/event-stream", "cache-control": "no-cache, no-transform" },
  });
}

function isStreaming(body) {
  try {
    const request = JSON.parse(new TextDecoder().decode(body));
    const type = typeof request === "object" && request !== null && "type" in request ? String(request.type) : "";
    return /^threads\.(create|add_|retry_|custom_action)/.test(type);
  } catch {
    return false;
  }
}

/** Other sites may not speak for this site's visitors. */
function refuse(request) {
  const site = request.headers.get("sec-fetch-site");
  return site && site !== "same-origin" && site !== "none" ? answer(403, "The chat belongs to its own site.") : null;
}

function backendUrl() {
  const base = process.env.CHATKIT_BACKEND_URL || (process.env.NODE_ENV === "production" ? "" : "http://127.0.0.1:8000");
  if (!base) throw new Error("CHATKIT_BACKEND_URL is not set");
  return base.replace(/\/+$/, "") + BACKEND_PATH;
}
