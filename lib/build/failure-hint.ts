/** What a user can do about a failure that Kaniko reports in its own words. Pure. */

import type { BuildRecord } from "../model/build.ts";

type Rule = readonly [form: RegExp, hint: string];

const plainHttp: Rule = [
  /server gave HTTP response to HTTPS client/,
  "the registry speaks plain HTTP: --insecure-registry HOST[:PORT]",
];

const rules: readonly Rule[] = [
  [
    /^error resolving source context/,
    "Kaniko fetches this context itself: check its address, the network and the variables that it takes from here (git: GIT_TOKEN; s3: AWS_…, S3_ENDPOINT; gs: GOOGLE_APPLICATION_CREDENTIALS)",
  ],
  plainHttp,
  [/x509: /, "the registry's certificate is not trusted: -- --registry-certificate HOST=FILE"],
  [
    /UNAUTHORIZED|DENIED|status code 40[13]|unauthorized|authentication required/,
    "the registry wants other credentials: --docker-config FILE, a config.json as docker login writes it",
  ],
  [
    /no such host|connection refused|i\/o timeout|network is unreachable|TLS handshake timeout/,
    "the registry does not answer: check its name and the network; --registry-mirror and --registry-map name others",
  ],
  [/MANIFEST_UNKNOWN|NAME_UNKNOWN|manifest unknown/, "there is no such image: check its name and tag, and --platform"],
  [/no space left on device/, "free some space where the engine or the cache folder is"],
  [
    /failed to get (?:fileinfo|file info) for|no files matched|no such file or directory/,
    "the context has no such file, or .dockerignore leaves it out; paths are those of the context",
  ],
  [
    /error reading tar|invalid tar header|gzip: invalid|unexpected EOF|flate: corrupt|error verifying sha256/,
    "a layer was damaged: build once more; if it fails again, use --cache off",
  ],
  [/unknown flag/, "this executor does not know that flag: the fork and upstream differ, and so do versions"],
];

/** @returns null when there is nothing to add to Kaniko's words. */
export function failureHint(record: BuildRecord): string | null {
  const { failure, driver } = record;
  if (!failure) return null;
  if (failure.exitCode === 137 && driver === "kubernetes")
    return "it was killed, most likely for want of memory: --pod-limit memory=4Gi, or --snapshot-mode redo";
  if (failure.exitCode === 137)
    return "it was killed, most likely for want of memory: give the engine more, or use --snapshot-mode redo";
  if (driver === "sandbox" && /open \/workspace\S*: operation not permitted/.test(failure.message)) {
    return "the fork reads a context without root only as its owner: copy the context to a folder of your own, or use --driver docker";
  }
  if (driver === "kubernetes" && /dial tcp (?:127\.|\[::1\])/.test(failure.message)) {
    // Only where images are pulled from can be mapped.
    if (/push permission|failed to push/.test(failure.message))
      return "in a Pod, localhost is the Pod itself: push to the name that Pods know, --destination HOST:5000/NAME --insecure-registry HOST:5000; of a kind cluster's registry it is kind-registry:5000";
    return "in a Pod, localhost is the Pod itself: --registry-map localhost:5000=HOST:5000 --insecure-registry HOST:5000, with a name that Pods know";
  }
  if (driver === "docker" && /dial tcp (?:127\.|\[::1\])/.test(failure.message)) {
    return "in a container, localhost is the container itself: --insecure-registry localhost:5000, in the registry's own words, gives it this machine's network";
  }
  // What a RUN prints or exits with is its own matter.
  if (/^the command ended with /.test(failure.message)) return null;
  return rules.find(([form]) => form.test(failure.message))?.[1] ?? null;
}

/** @returns null for what failed otherwise. */
export function plainHttpHint(message: string): string | null {
  return plainHttp[0].test(message) ? plainHttp[1] : null;
}
