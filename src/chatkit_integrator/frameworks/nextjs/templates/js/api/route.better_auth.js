import { headers } from "next/headers";
import { answer, failure, forward, keep, status } from "../../_chatkit/forward";
import { auth } from "../../host/auth";

const NO_SIGN_IN = "The chat cannot reach the sign-in. Please try again in a moment.";

/** The token that Better Auth signs for the person of the session; empty for nobody. */
async function sessionToken() {
  const request = { headers: await headers() };
  return (await auth.api.getSession(request)) ? (await auth.api.getToken(request)).token : "";
}

export async function GET() {
  return status(await sessionToken());
}

export async function PUT(request) {
  return keep(request, await sessionToken());
}

export async function POST(request) {
  const token = await sessionToken().catch((error) => {
    console.error("The session cannot be read, or no token be signed:", error);
    return null;
  });
  if (token === null) return forward(request, "", (body) => failure(body, NO_SIGN_IN));
  return token ? forward(request, token) : answer(401, "Please sign in to chat.");
}
