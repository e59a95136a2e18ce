"use client";

import type { FormEvent } from "react";
import { useState } from "react";
import { signIn } from "@/lib/auth-client";

export default function SignIn() {
  const [problem, setProblem] = useState("");

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const { error } = await signIn.email({ email: String(form.get("email")), password: String(form.get("password")) });
    if (error) return setProblem(error.message ?? "That did not work.");
    window.location.assign(new URLSearchParams(window.location.search).get("callbackUrl") ?? "/");
  }

  return (
    <main>
      <h1>Sign in</h1>
      <form onSubmit={submit}>
        <label>
          Email <input name="email" type="email" />
        </label>
        <label>
          Password <input name="password" type="password" />
        </label>
        <button>Continue</button>
        <p role="alert">{problem}</p>
      </form>
    </main>
  );
}
