import type { ReactNode } from "react";

export const metadata = { title: "Bookmarks", description: "What is worth reading again" };

export default function RootLayout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  );
}
