/**
 * What a build needs as root in its own container, and no more: no device nodes, no raw network, no tracing. All of it is
 * allowed at PodSecurity's level "baseline".
 */
export const executorCapabilities = [
  "CHOWN",
  "DAC_OVERRIDE",
  "FOWNER",
  "FSETID",
  "KILL",
  "SETFCAP",
  "SETGID",
  "SETUID",
  "SYS_CHROOT",
] as const;
