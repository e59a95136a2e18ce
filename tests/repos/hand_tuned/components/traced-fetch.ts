export const tracedFetch: typeof fetch = (input, init) => fetch(input, init)
