/** troff of the manual page. */
export function manPage(version: string): Promise<string>;
