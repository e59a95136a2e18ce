import type { ReactNode } from "react";

export const metadata = { title: "Pottery", description: "Kilns and when they are free" };

export default function RootLayout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  );
}
