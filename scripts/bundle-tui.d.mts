export const tuiAliases: Readonly<Record<string, string>>;
