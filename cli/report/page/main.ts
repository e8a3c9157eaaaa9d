/** The page of a report: reads what the file brings along, and shows it part by part. */

import { fileTree } from "../file-tree.ts";
import { partValue } from "../part-value.ts";
import { element, fill } from "./dom.ts";
import { navigation } from "./navigation.ts";
import { type PageData, readPage } from "./read-page.ts";
import type { Section } from "./section.ts";
import { ChangesView } from "./sections/changes.ts";
import { configSection, imageConfigSection, pairsSection } from "./sections/compare.ts";
import { FilesView } from "./sections/files.ts";
import { lintSection, packagesSection, wasteSection } from "./sections/findings.ts";
import { missesSection } from "./sections/misses.ts";
import { overview } from "./sections/overview.ts";
import { sizesSection } from "./sections/sizes.ts";
import { stepsSection } from "./sections/steps.ts";
import { timeSection } from "./sections/time-line.ts";
import { openTarget, printsWhole } from "./targets.ts";

const app = document.getElementById("app") as HTMLElement;

try {
  show(await readPage());
} catch (error) {
  fill(app, element("p", { class: "notice bad", role: "alert" }, `This report cannot be shown: ${error}`));
}

function show(data: PageData): void {
  const { report } = data;
  const sections = sectionsOf(data).filter(each => each !== null);
  const made = new Date(report.madeAt).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
  const footer = element(
    "footer",
    { class: "page-foot" },
    `Made by kaniko-lab, ${made}. Everything is in this one file; nothing is fetched.`,
  );
  const main = element(
    "main",
    { id: "main", tabindex: -1 },
    overview(report),
    ...sections.map(({ node }) => node),
    footer,
  );
  fill(app, navigation(sections), main);
  openTarget();
  printsWhole();
}

function sectionsOf({ report, tables }: PageData): (Section | null)[] {
  const { side, comparison } = report;
  const shell = report.shell;
  const sides = comparison === null ? [side] : [comparison.one, side];
  const files = tables.files;
  const tree = files && fileTree(files.paths);
  const filesView = files && tree && new FilesView(side, files, tree, partValue(report.files)?.leftOut ?? 0, shell);
  const changes = report.changes.length === 0 ? null : new ChangesView(report, tables.changes, shell).section;
  return [
    comparison === null ? null : pairsSection(comparison, side, shell),
    comparison === null ? null : configSection(comparison, side, shell),
    comparison === null ? null : changes,
    stepsSection(side, shell),
    timeSection(sides, shell),
    files && tree && sizesSection(side, files, tree, shell, row => filesView?.reveal(row)),
    filesView?.section ?? null,
    comparison === null ? changes : null,
    missesSection(side, shell),
    wasteSection(side, report.waste, shell),
    lintSection(side, report.lint, shell),
    packagesSection(side, report.packages, shell),
    comparison === null ? imageConfigSection(side) : null,
  ];
}
