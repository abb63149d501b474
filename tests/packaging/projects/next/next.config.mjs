export default { output: "export", turbopack: { root: process.env.ROOT }, outputFileTracingRoot: process.env.ROOT };
