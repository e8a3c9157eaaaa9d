/** The parts of Argo's objects that say what is built. */

import * as z from "zod/mini";
import { containerShape, volumesShape } from "./container.ts";
import { text, textList } from "./yaml-file.ts";

const parameterShape = z.looseObject({
  name: text,
  value: z.optional(text),
  default: z.optional(text),
  enum: z.optional(textList),
});

const artifactShape = z.looseObject({
  name: text,
  path: z.optional(text),
  git: z.optional(z.looseObject({ repo: z.optional(text), revision: z.optional(text) })),
  s3: z.optional(z.looseObject({ bucket: z.optional(text), key: z.optional(text) })),
});

const argumentsShape = z.optional(
  z.nullable(
    z.looseObject({
      parameters: z.optional(z.nullable(z.array(parameterShape))),
      artifacts: z.optional(z.nullable(z.array(artifactShape))),
    }),
  ),
);

const callShape = z.looseObject({
  name: z.optional(text),
  template: z.optional(text),
  templateRef: z.optional(z.looseObject({ name: text, template: text })),
  arguments: argumentsShape,
  withItems: z.optional(z.array(z.unknown())),
  withParam: z.optional(text),
  withSequence: z.optional(z.unknown()),
  when: z.optional(text),
});

const templateShape = z.looseObject({
  name: z.optional(text),
  inputs: argumentsShape,
  container: z.optional(containerShape),
  script: z.optional(containerShape),
  containerSet: z.optional(z.looseObject({ containers: z.array(containerShape) })),
  initContainers: z.optional(z.nullable(z.array(containerShape))),
  steps: z.optional(z.array(z.union([z.array(callShape), callShape]))),
  dag: z.optional(z.looseObject({ tasks: z.array(callShape) })),
  volumes: volumesShape,
});

export const workflowShape = z.looseObject({
  entrypoint: z.optional(text),
  arguments: argumentsShape,
  templates: z.optional(z.nullable(z.array(templateShape))),
  workflowTemplateRef: z.optional(z.looseObject({ name: text })),
  volumes: volumesShape,
  volumeClaimTemplates: z.optional(z.array(z.looseObject({}))),
});

export type ArgoParameter = z.infer<typeof parameterShape>;
export type ArgoArguments = z.infer<typeof argumentsShape>;
export type ArgoCall = z.infer<typeof callShape>;
export type ArgoTemplate = z.infer<typeof templateShape>;
export type ArgoWorkflow = z.infer<typeof workflowShape>;
