export default {
  title: "Handbook",
  url: "https://handbook.example.com",
  baseUrl: "/",
  onBrokenLinks: "ignore",
  scripts: [{ src: "https://cdn.platform.openai.com/deployments/chatkit/chatkit.js", async: true }],
  plugins: ["@docusaurus/plugin-content-pages"],
  customFields: { chatUrl: process.env.CHATKIT_API_URL ?? "http://localhost:8000/chatkit" },
};
