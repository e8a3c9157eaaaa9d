export const bundleOptions: import("rolldown").BuildOptions;
