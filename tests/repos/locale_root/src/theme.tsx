import type { ReactNode } from "react";

export function Theme({ children }: { children: ReactNode }) {
  return <>{children}</>;
}
