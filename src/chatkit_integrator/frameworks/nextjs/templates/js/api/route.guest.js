import { createHmac, randomUUID, timingSafeEqual } from "node:crypto";
import { cookies } from "next/headers";
import { failure, forward, keep, status } from "../../_chatkit/forward";

const COOKIE = "chatkit_guest";
const YEAR = 60 * 60 * 24 * 365;
const SHORTEST_SECRET = 32;
const NOT_SET_UP = "The chat is not set up yet.";

/** The secret that signs anonymous visitors, the same on both sides; empty where there is none that is long enough. */
function secret() {
  const value = process.env.CHATKIT_GUEST_SECRET ?? "";
  return value.length >= SHORTEST_SECRET ? value : "";
}

function sign(text, key) {
  return createHmac("sha256", key).update(text).digest("base64url");
}

/** The visitor's id: random, in a cookie that scripts cannot read and nobody else can make. */
async function visitor() {
  const jar = await cookies();
  const key = secret();
  if (!key) return "";
  const [id = "", signature = ""] = (jar.get(COOKIE)?.value ?? "").split(".");
  const expected = Buffer.from(sign(`visitor:${id}`, key));
  const given = Buffer.from(signature);
  if (id && given.length === expected.length && timingSafeEqual(given, expected)) return id;
  const fresh = randomUUID();
  jar.set(COOKIE, `${fresh}.${sign(`visitor:${fresh}`, key)}`, {
    httpOnly: true,
    sameSite: "lax",
    secure: process.env.NODE_ENV === "production",
    path: "/",
    maxAge: YEAR,
  });
  return fresh;
}

/** A token of five minutes that says who is speaking, for the backend to check; empty for nobody. */
function token(id) {
  if (!id) return "";
  const now = Math.floor(Date.now() / 1000);
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = `${part({ alg: "HS256", typ: "JWT" })}.${part({ sub: id, iss: "chatkit-guest", iat: now, exp: now + 300 })}`;
  return `${claims}.${sign(claims, secret())}`;
}

/** Anyone may chat; being asked is when a visitor gets an id, before messages need one. */
export async function GET() {
  return status(token(await visitor()), true);
}

export async function PUT(request) {
  return keep(request, token(await visitor()));
}

export async function POST(request) {
  return forward(request, token(await visitor()), (body) => {
    console.error("CHATKIT_GUEST_SECRET is missing, shorter than 32 characters, or not the backend's");
    return failure(body, NOT_SET_UP);
  });
}
