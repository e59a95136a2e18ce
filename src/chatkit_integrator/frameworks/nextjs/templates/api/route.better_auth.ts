import { headers } from "next/headers";
import { answer, failure, forward, keep, status } from "../../_chatkit/forward";
import { auth } from "../../host/auth";

const NO_SIGN_IN = "The chat cannot reach the sign-in. Please try again in a moment.";

/** The token that Better Auth signs for the person of the session; empty for nobody. */
async function sessionToken(): Promise<string> {
  const request = { headers: await headers() };
  return (await auth.api.getSession(request)) ? (await auth.api.getToken(request)).token : "";
}

export async function GET(): Promise<Response> {
  return status(await sessionToken());
}

export async function PUT(request: Request): Promise<Response> {
  return keep(request, await sessionToken());
}

export async function POST(request: Request): Promise<Response> {
  const token = await sessionToken().catch((error: unknown) => {
    console.error("The session cannot be read, or no token be signed:", error);
    return null;
  });
  if (token === null) return forward(request, "", (body) => failure(body, NO_SIGN_IN));
  return token ? forward(request, token) : answer(401, "Please sign in to chat.");
}
