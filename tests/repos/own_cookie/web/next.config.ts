import type { NextConfig } from "next";

const api = process.env.API_URL ?? "http://127.0.0.1:8000";

const config: NextConfig = {
  async rewrites() {
    return [{ source: "/studio/:path*", destination: `${api}/:path*` }];
  },
};

export default config;
