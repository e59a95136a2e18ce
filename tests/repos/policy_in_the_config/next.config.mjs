const policy = [
  "default-src 'self'",
  "script-src 'self' 'unsafe-inline'",
  "style-src 'self' 'unsafe-inline'",
].join("; ");

export default {
  async rewrites() {
    return [{ source: "/blah", destination: "https://example.test/" }];
  },
  async headers() {
    return [{ source: "/(.*)", headers: [{ key: "Content-Security-Policy", value: policy }] }];
  },
};
