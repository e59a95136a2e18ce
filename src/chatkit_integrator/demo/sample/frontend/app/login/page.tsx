import { signIn } from "../../session";

type Props = { searchParams: Promise<{ callbackUrl?: string; failed?: string }> };

export default async function LoginPage({ searchParams }: Props) {
  const { callbackUrl, failed } = await searchParams;
  return (
    <form action={signIn} className="login">
      <h1>Sign in</h1>
      {failed && <p role="alert">That did not match. Please try again.</p>}
      <input type="hidden" name="callbackUrl" value={callbackUrl ?? "/"} />
      <label>
        Email
        <input name="email" type="email" required autoComplete="email" />
      </label>
      <label>
        Password
        <input name="password" type="password" required autoComplete="current-password" />
      </label>
      <button>Sign in</button>
    </form>
  );
}
