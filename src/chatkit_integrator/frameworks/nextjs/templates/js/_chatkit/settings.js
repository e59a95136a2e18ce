/** What the chat of this site agrees on with its backend. Secrets and addresses are in the environment, not here. */

/** The path of the backend's ChatKit endpoint. */
export const BACKEND_PATH = "/chatkit";
/** The path of this site's own route, which the browser speaks to. */
export const PROXY_PATH = "/api/chatkit";
/** The cookie that holds the session's token. */
export const SESSION_COOKIE = "session";
/** Where people sign in; empty where nobody has to. */
export const SIGN_IN_PATH = "/login";
