"use server";

import { cookies } from "next/headers";
import { redirect } from "next/navigation";
import { BACKEND } from "./shop";

export async function signIn(form: FormData): Promise<void> {
  const back = String(form.get("callbackUrl") || "/");
  const response = await fetch(`${BACKEND}/api/auth/login`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ email: form.get("email"), password: form.get("password") }),
  });
  if (!response.ok) redirect(`/login?failed=1&callbackUrl=${encodeURIComponent(back)}`);
  const { access_token } = await response.json();
  (await cookies()).set("session", access_token, { httpOnly: true, sameSite: "lax", path: "/", maxAge: 8 * 60 * 60 });
  redirect(back.startsWith("/") && !back.startsWith("//") ? back : "/");
}

export async function signOut(): Promise<void> {
  (await cookies()).delete("session");
  redirect("/");
}
