import { PROXY_PATH } from "./settings";

/** What people may attach to a message. The backend's `attachments.py` sets the same limits, and has the last word. */
export const ATTACHMENTS = {
  enabled: true,
  maxSize: 5 * 1024 * 1024,
  maxCount: 5,
  accept: {
    "image/png": [".png"],
    "image/jpeg": [".jpg", ".jpeg"],
    "image/gif": [".gif"],
    "image/webp": [".webp"],
    "application/pdf": [".pdf"],
    "text/plain": [".txt"],
    "text/markdown": [".md"],
    "text/csv": [".csv"],
  },
};

/** Files go the way of messages, in one step. */
export const UPLOADS = { type: "direct", uploadUrl: PROXY_PATH };
