import Script from "next/script";

export const metadata = { title: "Members", description: "For members" };

export default function Layout({ children }) {
  return (
    <html lang="en">
      <head>
        <Script src="https://cdn.platform.openai.com/deployments/chatkit/chatkit.js" strategy="beforeInteractive" />
      </head>
      <body>{children}</body>
    </html>
  );
}
