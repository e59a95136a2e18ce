import { randomUUID } from "node:crypto";
import { cookies } from "next/headers";

const PASSWORDS = { "grace@example.com": "a compiler" };
const known = (globalThis.knownSessions ??= new Map());

/** A session for who knows the password; `undefined` for everybody else. */
export function admit(email, password) {
  if (!Object.hasOwn(PASSWORDS, email) || PASSWORDS[email] !== password) return undefined;
  const ticket = randomUUID();
  known.set(ticket, email);
  return ticket;
}

/** Who is asking, by a ticket that only this process knows; `undefined` for a stranger. */
export async function member() {
  return known.get((await cookies()).get("ticket")?.value);
}
