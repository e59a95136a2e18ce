import { answer, forward, isOwnSite, keep, OTHER_SITE, status } from "../../_chatkit/forward";
import { SESSION_COOKIE } from "../../_chatkit/settings";

/** The session's cookie, which scripts cannot read, as the browser sent it: `cookies()` would decode it. No other goes along. */
function sessionCookie(request) {
  const all = (request.headers.get("cookie") ?? "").split(";").map((one) => one.trim());
  const found = all.filter((one) => one.startsWith(`${SESSION_COOKIE}=`)).pop() ?? "";
  return found.length > SESSION_COOKIE.length + 1 ? { cookie: found } : "";
}

export async function GET(request) {
  return isOwnSite(request) ? status(sessionCookie(request)) : answer(403, OTHER_SITE);
}

export async function PUT(request) {
  return keep(request, sessionCookie(request));
}

export async function POST(request) {
  const cookie = sessionCookie(request);
  return cookie ? forward(request, cookie) : answer(401, "Please sign in to chat.");
}
