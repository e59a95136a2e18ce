import { createHmac, randomUUID, timingSafeEqual } from "node:crypto";
import { cookies } from "next/headers";
import { failure, forward, status } from "../../_chatkit/forward";

export const dynamic = "force-dynamic";

const COOKIE = "chatkit_guest";
const YEAR = 60 * 60 * 24 * 365;
const NOT_SET_UP = "The chat is not set up yet.";

/** The secret that signs anonymous visitors, the same on both sides. */
function secret() {
  const value = process.env.CHATKIT_GUEST_SECRET ?? "";
  return value.length >= 32 ? value : null;
}

function sign(text, key) {
  return createHmac("sha256", key).update(text).digest("base64url");
}

/** The visitor's id: random, in a cookie that scripts cannot read and nobody else can make. */
async function visitor(key) {
  const jar = await cookies();
  const [id = "", signature = ""] = (jar.get(COOKIE)?.value ?? "").split(".");
  const expected = Buffer.from(sign(`visitor:${id}`, key));
  const given = Buffer.from(signature);
  if (id && given.length === expected.length && timingSafeEqual(given, expected)) return id;
  const fresh = randomUUID();
  jar.set(COOKIE, `${fresh}.${sign(`visitor:${fresh}`, key)}`, {
    httpOnly: true,
    sameSite: "lax",
    secure: process.env.NODE_ENV === "production" && process.env.CHATKIT_INSECURE_COOKIE !== "1",
    path: "/",
    maxAge: YEAR,
  });
  return fresh;
}

/** A token of five minutes that says who is speaking, for the backend to check. */
function token(id, key) {
  const now = Math.floor(Date.now() / 1000);
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = `${part({ alg: "HS256", typ: "JWT" })}.${part({ sub: id, iss: "chatkit-guest", iat: now, exp: now + 300 })}`;
  return `${claims}.${sign(claims, key)}`;
}

export async function GET() {
  return status(true);
}

export async function POST(request) {
  const key = secret();
  if (!key) {
    console.error("CHATKIT_GUEST_SECRET is missing or shorter than 32 characters");
    return failure(await request.arrayBuffer(), NOT_SET_UP);
  }
  return forward(request, token(await visitor(key), key));
}
