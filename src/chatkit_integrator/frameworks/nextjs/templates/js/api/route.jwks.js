import { headers } from "next/headers";
import { answer, failure, forward, keep, status } from "../../_chatkit/forward";
import { auth } from "../../host/auth";

const FOR_THE_CHAT = { issuer: "chatkit-proxy", audience: "chatkit", expirationTime: "5m" };
const NO_SIGN_IN = "The chat cannot reach the sign-in. Please try again in a moment.";

/** A token of five minutes for the person of the session, good for the chat alone; empty for nobody. */
async function sessionToken() {
  const session = await auth.api.getSession({ headers: await headers() });
  if (!session) return "";
  const body = { payload: { sub: session.user.id }, overrideOptions: { jwt: FOR_THE_CHAT } };
  return (await auth.api.signJWT({ body })).token;
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
      "The chat's backend does not take the site's tokens: is CHATKIT_JWKS_URL this site's, and both clocks right?",
    );
    return failure(body, "The chat is not set up yet.");
  });
}
