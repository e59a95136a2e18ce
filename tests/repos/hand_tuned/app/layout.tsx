import { Widget } from "../components/ChatKitWidget";

export default function RootLayout({ children }: { children: React.ReactNode }) {
  return (
    <html lang="en">
      <body>
        {children}
        <Widget />
      </body>
    </html>
  );
}
