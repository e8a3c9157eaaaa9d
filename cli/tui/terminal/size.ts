/** The size of the terminal; some tell none or 0. */
export function sizeOf(stdout: { readonly columns?: number; readonly rows?: number }): {
  columns: number;
  rows: number;
} {
  return { columns: stdout.columns || 80, rows: stdout.rows || 24 };
}
