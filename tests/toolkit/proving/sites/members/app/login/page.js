export default function Login() {
  return (
    <form method="post" action="/api/session">
      <h1>Members only</h1>
      <label>
        E-mail <input name="email" type="email" required />
      </label>
      <label>
        Password <input name="password" type="password" required />
      </label>
      <button type="submit">Sign in</button>
    </form>
  );
}
