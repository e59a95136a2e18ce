import { betterAuth } from "better-auth";
import { jwt } from "better-auth/plugins";

/** What the routes expect of the site that they are put into; a stand-in for type checkers, never copied. */
export const auth = betterAuth({ plugins: [jwt()] });
