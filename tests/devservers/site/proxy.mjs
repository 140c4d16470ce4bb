const target = process.env.BACKEND;
export default { "/api": { target }, "/ws": { target, ws: true } };
