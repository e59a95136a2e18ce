import { betterAuth } from "better-auth";
import { nextCookies } from "better-auth/next-js";
import Database from "better-sqlite3";

export const auth = betterAuth({
  database: new Database(process.env.AUTH_DATABASE ?? "auth.db"),
  emailAndPassword: {
    enabled: true,
  },
  plugins: [
    // Sets the cookies of server actions, so it has to be the last.
    nextCookies(),
  ],
});
