import { cookies } from "next/headers";
import { answer, forward, keep, status } from "../../_chatkit/forward";
import { SESSION_COOKIE } from "../../_chatkit/settings";

/** The session's cookie cannot be read by scripts, so this route reads it and sends it on as a bearer token. */
async function sessionToken(): Promise<string | undefined> {
  return (await cookies()).get(SESSION_COOKIE)?.value;
}

export async function GET(): Promise<Response> {
  return status((await sessionToken()) ?? "");
}

export async function PUT(request: Request): Promise<Response> {
  return keep(request, (await sessionToken()) ?? "");
}

export async function POST(request: Request): Promise<Response> {
  const token = await sessionToken();
  return token ? forward(request, token) : answer(401, "Please sign in to chat.");
}
