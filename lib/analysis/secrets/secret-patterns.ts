/**
 * Secrets that can be told by their form alone: those whose makers gave them a fixed start. Pure.
 *
 * Every pattern is anchored where a needle was found and tried on a short window; its repetitions are bounded and no two of
 * them that follow each other can take the same bytes, so that hostile contents cannot make it slow.
 */

export interface SecretPattern {
  /** Id of the lint rule. */
  readonly rule: string;
  /** What it is, for people. */
  readonly title: string;
  /** Fixed starts of it, four bytes or more. They are public: nothing else of a secret is ever shown. */
  readonly needles: readonly string[];
  /** Sticky, on latin1 text. The first group holds the random part. */
  readonly form: RegExp;
  /** More bytes than the form can need. */
  readonly windowBytes: number;
  /** Whether it counts only when no letter, digit or underscore stands before it. */
  readonly isWord: boolean;
}

const word = (rule: string, title: string, needles: readonly string[], form: RegExp): SecretPattern => ({
  rule,
  title,
  needles,
  form,
  windowBytes: 320,
  isWord: true,
});

export const secretPatterns: readonly SecretPattern[] = [
  {
    rule: "secret-private-key",
    title: "a private key",
    needles: ["-----BEGIN "],
    // Line ends may be escaped, as in JSON; old PEM has a few header lines before the key.
    form: /-----BEGIN (?:[A-Z0-9]{2,10} ){0,2}PRIVATE KEY(?: BLOCK)?-----(?:\\r|\\n|[\r\n \t]){1,8}(?:[A-Za-z-]{2,24}: [^\r\n]{0,80}[\r\n]{1,4}){0,4}([A-Za-z0-9+/=]{20})/y,
    windowBytes: 640,
    isWord: false,
  },
  word("secret-aws", "an AWS access key", ["AKIA", "ASIA"], /(?:AKIA|ASIA)([A-Z2-7]{16})(?![A-Za-z0-9+/=_-])/y),
  word(
    "secret-aws",
    "an AWS secret key",
    ["aws_secret_access_key", "AWS_SECRET_ACCESS_KEY"],
    /aws_secret_access_key["']?[ \t]{0,8}[=:][ \t]{0,8}["']?([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])/iy,
  ),
  word(
    "secret-github",
    "a GitHub token",
    ["ghp_", "gho_", "ghu_", "ghs_", "ghr_"],
    /gh[pousr]_([A-Za-z0-9]{36,251})(?![A-Za-z0-9_])/y,
  ),
  word("secret-github", "a GitHub token", ["github_pat_"], /github_pat_([A-Za-z0-9]{22}_[A-Za-z0-9]{59})/y),
  word(
    "secret-gitlab",
    "a GitLab token",
    ["glpat-", "gldt-", "glrt-", "glcbt-", "glptt-"],
    /gl(?:pat|dt|rt|cbt|ptt)-([A-Za-z0-9_-]{20,64})/y,
  ),
  word(
    "secret-slack",
    "a Slack token",
    ["xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xapp-"],
    /x(?:ox[bpars]|app)-([0-9]{1,14}-[A-Za-z0-9-]{20,200})/y,
  ),
  word(
    "secret-slack",
    "a Slack webhook",
    ["https://hooks.slack.com/services/"],
    /https:\/\/hooks\.slack\.com\/services\/(T[A-Z0-9]{6,14}\/B[A-Z0-9]{6,14}\/[A-Za-z0-9]{20,32})/y,
  ),
  word("secret-google", "a Google API key", ["AIza"], /AIza([A-Za-z0-9_-]{35})(?![A-Za-z0-9_-])/y),
  word("secret-npm", "an npm token", ["npm_"], /npm_([A-Za-z0-9]{36})(?![A-Za-z0-9_])/y),
  {
    ...word(
      "secret-npm",
      "a password for an npm registry",
      [":_authToken="],
      /:_authToken="?([A-Za-z0-9_=+/.-]{20,200})/y,
    ),
    isWord: false,
  },
  word("secret-pypi", "a PyPI token", ["pypi-AgE"], /pypi-AgE([A-Za-z0-9_-]{50,250})/y),
  word("secret-stripe", "a Stripe key", ["sk_live_", "rk_live_"], /[sr]k_live_([A-Za-z0-9]{24,120})(?![A-Za-z0-9_])/y),
  word(
    "secret-ai",
    "a key of an AI service",
    ["sk-ant-api", "sk-proj-"],
    /sk-(?:ant-api[0-9]{2}|proj)-([A-Za-z0-9_-]{40,200})/y,
  ),
  word(
    "secret-digitalocean",
    "a DigitalOcean token",
    ["dop_v1_", "doo_v1_"],
    /do[po]_v1_([a-f0-9]{64})(?![A-Za-z0-9_])/y,
  ),
  {
    // `{"alg": …` and the like in base64.
    ...word(
      "secret-jwt",
      "a JSON web token",
      ["eyJhbGci", "eyJ0eXAi", "eyJraWQi"],
      /(eyJ[A-Za-z0-9_-]{10,1000}\.eyJ[A-Za-z0-9_-]{10,2000}\.[A-Za-z0-9_-]{16,1000})/y,
    ),
    windowBytes: 4096,
  },
];

/** Texts of documentation: made up, or one letter again and again. */
export function isPlaceholder(random: string): boolean {
  return random.includes("EXAMPLE") || new Set(random).size < 6;
}
