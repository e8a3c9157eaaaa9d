export const tuiAliases: Readonly<Record<string, string>>;
export const tuiPlugins: import("esbuild").Plugin[];
