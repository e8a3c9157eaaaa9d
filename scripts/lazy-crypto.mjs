// Stands for node:crypto in the bundle: Node's own loads all of its ciphers and keys, a twentieth of what a listing takes,
// and a listing asks for no digest.
let loaded;
const crypto = () => (loaded ??= process.getBuiltinModule("node:crypto"));

export const createHash = (algorithm, options) => crypto().createHash(algorithm, options);
export const hash = (algorithm, data, encoding) => crypto().hash(algorithm, data, encoding);
export const randomBytes = size => crypto().randomBytes(size);
export const randomInt = (...range) => crypto().randomInt(...range);
export const randomUUID = () => crypto().randomUUID();
