import { answer, backendUrl, isOwnSite, OTHER_SITE, forward as send, signInAgain, UNREACHABLE } from "./forward";

export * from "./forward";

const LARGEST_FORM = 5 * 1024 * 1024 + 64 * 1024;

/** Sends a file, which ChatKit posts as a form, on to the backend's `/attachments`, and messages where they go. */
export async function forward(request, token, refused = signInAgain) {
  const type = request.headers.get("content-type") ?? "";
  if (!type.startsWith("multipart/form-data")) return send(request, token, refused);
  if (!isOwnSite(request)) return answer(403, OTHER_SITE);
  if (!token) return refused("");
  const form = await read(request);
  if (!form) return answer(413, "This file is too large.");
  try {
    const headers = { ...(typeof token === "string" ? { authorization: `Bearer ${token}` } : token), "content-type": type };
    const sent = { method: "POST", headers, body: form, signal: request.signal };
    const upstream = await fetch(`${backendUrl()}/attachments`, { ...sent, redirect: "manual", cache: "no-store" });
    if (upstream.status === 401 || upstream.status === 403) return refused("");
    if (upstream.status >= 500 || (upstream.status >= 300 && upstream.status < 400)) {
      console.error(`The chat's backend answered a file with status ${upstream.status}`);
      return answer(502, UNREACHABLE);
    }
    const told = { "content-type": "application/json", "cache-control": "no-store" };
    return new Response(upstream.body, { status: upstream.status, headers: told });
  } catch (error) {
    if (!request.signal.aborted) console.error("The chat's backend cannot be reached:", error);
    return answer(502, UNREACHABLE);
  }
}

/** The form as it came; `null` as soon as it is too large. */
async function read(request) {
  const reader = request.body?.getReader();
  const parts = [];
  let size = 0;
  for (;;) {
    const part = await reader?.read();
    if (!part || part.done) return new Blob(parts);
    size += part.value.byteLength;
    if (size > LARGEST_FORM) return null;
    parts.push(new Uint8Array(part.value));
  }
}
