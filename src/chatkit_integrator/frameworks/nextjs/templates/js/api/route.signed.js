import { createHmac } from "node:crypto";
import { headers } from "next/headers";
import { answer, failure, forward, keep, status } from "../../_chatkit/forward";
import { auth } from "../../host/auth";

const NO_SIGN_IN = "The chat cannot reach the sign-in. Please try again in a moment.";

/** A token of five minutes that says who is signed in, for the backend to check; empty for nobody. */
async function sessionToken() {
  const session = await auth.api.getSession({ headers: await headers() });
  if (!session) return "";
  const secret = process.env.CHATKIT_PROXY_SECRET ?? "";
  if (secret.length < 32) throw new Error("CHATKIT_PROXY_SECRET is missing or shorter than 32 characters");
  const now = Math.floor(Date.now() / 1000);
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const who = { sub: session.user.id, iss: "chatkit-proxy", aud: "chatkit", iat: now, exp: now + 300 };
  const claims = `${part({ alg: "HS256", typ: "JWT" })}.${part(who)}`;
  return `${claims}.${createHmac("sha256", secret).update(claims).digest("base64url")}`;
}

export async function GET() {
  const token = await sessionToken();
  return status(token, Boolean(token));
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
  if (!token) return answer(401, "Please sign in to chat.");
  return forward(request, token, (body) => {
    console.error(
      "The chat's backend does not take the site's tokens: is CHATKIT_PROXY_SECRET the same, and both clocks right?",
    );
    return failure(body, "The chat is not set up yet.");
  });
}
