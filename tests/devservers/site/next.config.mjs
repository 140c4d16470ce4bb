const backend = process.env.BACKEND;
const rewrites = async () => ["/api/:path*", "/ws"].map((source) => ({ source, destination: backend + source }));
export default { rewrites };
