// The manual page, from the table of commands that the program itself has. `npm run build` writes dist/kaniko-lab.1.
import { commandTable } from "../cli/command-table.ts";
import { optionsOfCommand } from "../cli/run-line.ts";

const environment = [
  ["KANIKO_LAB_CACHE", "The cache folder; --cache-dir counts more."],
  [
    "KANIKO_LAB_EXECUTOR",
    "The executor that builds take when --executor does not say: an image, oci:DIR, docker-archive:FILE, or a binary.",
  ],
  ["DOCKER_HOST, DOCKER_CONTEXT", "Which container engine, by the docker command's own rules."],
  ["KUBECONFIG", "Which cluster, for --driver kubernetes."],
  ["NO_COLOR, CI, TERM", "No colours; no terminal UI where CI is set or TERM is dumb."],
  [
    "DOCKER_FILE_NAME, LOGGING_LEVEL, DEBUG",
    "Settings of the first lab: the Dockerfile's name, what is shown of the executor's log, dlv on port 4000.",
  ],
];

const statuses = [
  [0, "fine"],
  [1, "a negative answer: nothing found; differences, with --exit-code"],
  [2, "wrong usage: an unknown option, no such Dockerfile, a syntax error in it"],
  [3, "an engine, executor, registry or folder is not available"],
  [4, "the build failed"],
  [5, "damaged or unsafe input"],
  [70, "a bug in kaniko-lab"],
  [130, "interrupted"],
];

/** @param version of the package @returns troff, for man(1) */
export async function manPage(version) {
  const sharedNames = new Set((await optionsOfCommand(rowOf("builds"))).map(({ name }) => name).filter(isShared));
  const shared = (await optionsOfCommand(rowOf("builds"))).filter(({ name }) => sharedNames.has(name));
  const lines = [
    `.TH KANIKO\\-LAB 1 "" "kaniko\\-lab ${escapeText(version)}" "kaniko\\-lab"`,
    ".ad l",
    ".SH NAME",
    "kaniko\\-lab \\- run Kaniko, and see which instruction made which layer",
    ".SH SYNOPSIS",
    ".B kaniko\\-lab",
    "[\\fIcommand\\fR] [\\fIoptions\\fR]",
    ".SH DESCRIPTION",
    escapeText(
      "Runs the real Kaniko executor, keeps every layer it makes, and shows which Dockerfile instruction made which layer, what is inside, what changed from step to step and from build to build, and why the layer cache was hit or missed. Images from anywhere can be looked at in the same way. Without a command: the terminal UI where there are builds, else what is here and what can be done next.",
    ),
    ".SH OPTIONS OF ALL COMMANDS",
    ...optionLines(shared),
    ".SH COMMANDS",
  ];
  for (const row of commandTable) lines.push(...(await commandLines(row, "", sharedNames)));
  lines.push(
    ".SH ENVIRONMENT",
    ...environment.flatMap(([name, text]) => [".TP", `.B ${escapeText(name)}`, escapeText(text)]),
  );
  lines.push(".SH EXIT STATUS", ...statuses.flatMap(([status, text]) => [".TP", `.B ${status}`, escapeText(text)]));
  lines.push(".SH SEE ALSO", "docker(1), podman(1), skopeo(1)", "");
  return lines.join("\n");
}

async function commandLines(row, above, sharedNames) {
  const { command } = await row.load();
  const own = (await optionsOfCommand(row)).filter(({ name }) => !sharedNames.has(name));
  const lines = [`.SS kaniko\\-lab ${escapeText(above + row.usage)}`, `${escapeText(row.describe)}.`];
  if (command.commands === undefined) lines.push(...optionLines(own));
  if (command.examples.length > 0) {
    lines.push(".PP", "Examples:", ".PP", ".RS", ".nf");
    for (const [line, what] of command.examples)
      lines.push(escapeText(`# ${what}`), escapeText(line.replaceAll("$0", "kaniko-lab")));
    lines.push(".fi", ".RE");
  }
  for (const below of command.commands ?? [])
    lines.push(...(await commandLines(below, `${row.usage.split(" ")[0]} `, sharedNames)));
  return lines;
}

function optionLines(options) {
  return options.flatMap(({ name, aliases, describe, takesValue, isOn, choices }) => {
    const flags = [
      ...aliases.filter(alias => alias.length === 1).map(alias => `-${alias}`),
      `--${isOn ? "no-" : ""}${name}`,
    ];
    const value = takesValue ? ` \\fI${choices.length > 0 ? choices.map(escapeText).join("|") : "value"}\\fR` : "";
    return [
      ".TP",
      `${flags.map(flag => `\\fB${escapeText(flag)}\\fR`).join(", ")}${value}`,
      escapeText(describe || name),
    ];
  });
}

function rowOf(name) {
  return commandTable.find(({ usage }) => usage.split(" ")[0] === name);
}

function isShared(name) {
  return ["json", "plain", "color", "cache-dir", "quiet", "debug"].includes(name);
}

/** What troff would take for its own is made plain. */
function escapeText(text) {
  return String(text)
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replace(/^([.'])/gm, "\\&$1");
}
