import { createHmac, randomUUID, timingSafeEqual } from "node:crypto";
import { cookies } from "next/headers";
import { failure, forward, keep, status } from "../../_chatkit/forward";

const COOKIE = "chatkit_guest";

/** A token of five minutes that says which visitor is speaking, for the backend to check; empty without a secret. */
async function visitorToken() {
  const secret = process.env.CHATKIT_GUEST_SECRET ?? "";
  if (secret.length < 32) return "";
  const sign = (text) => createHmac("sha256", secret).update(text).digest("base64url");
  const id = await visitor((text) => `${text}.${sign(`visitor:${text}`)}`);
  const now = Math.floor(Date.now() / 1000);
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = `${part({ alg: "HS256", typ: "JWT" })}.${part({ sub: id, iss: "chatkit-guest", iat: now, exp: now + 300 })}`;
  return `${claims}.${sign(claims)}`;
}

/** The visitor's id: random, in a cookie that scripts cannot read and nobody else can seal. */
async function visitor(seal) {
  const jar = await cookies();
  const value = jar.get(COOKIE)?.value ?? "";
  const [id = ""] = value.split(".");
  const [given, expected] = [Buffer.from(value), Buffer.from(seal(id))];
  if (id && given.length === expected.length && timingSafeEqual(given, expected)) return id;
  const fresh = randomUUID();
  const secure = process.env.NODE_ENV === "production";
  jar.set(COOKIE, seal(fresh), { httpOnly: true, sameSite: "lax", secure, path: "/", maxAge: 60 * 60 * 24 * 365 });
  return fresh;
}

/** Anyone may chat; being asked is when a visitor gets an id, before messages need one. */
export async function GET() {
  return status(await visitorToken(), true);
}

export async function PUT(request) {
  return keep(request, await visitorToken());
}

export async function POST(request) {
  return forward(request, await visitorToken(), (body) => {
    console.error("CHATKIT_GUEST_SECRET is missing, shorter than 32 characters, or not the backend's");
    return failure(body, "The chat is not set up yet.");
  });
}
