/** Variables that switch features of the fork's executor, such as `FF_KANIKO_HASH_DIR_FRAMING`. */
export const featureFlagForm = /^FF_KANIKO_\w+$/;
