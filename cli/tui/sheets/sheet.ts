/** A view that takes the place of the panes; the panes are there again when it is left. */

import type { ListPlace } from "../text/window.ts";
import type { CacheData } from "./cache/cache-data.ts";
import type { ClusterData } from "./cluster/cluster-data.ts";
import type { CompareData } from "./compare/compare-data.ts";
import type { SheetKind } from "./sheet-names.ts";
import type { TreemapData, TreemapOf } from "./treemap/treemap-data.ts";

interface SheetOf<Kind extends SheetKind, Data> {
  readonly kind: Kind;
  /** Tells what is loaded for it from what was for an earlier one. */
  readonly id: number;
  readonly place: ListPlace;
  /** What was opened from it is looked at: Esc comes back. */
  readonly away: boolean;
  /** Null until it was read. */
  readonly data: Data | null;
  readonly error: string;
}

export interface TreemapSheet extends SheetOf<"treemap", TreemapData> {
  readonly of: TreemapOf;
  readonly folder: string;
  /** The place that is selected as soon as its folder is there. */
  readonly reveal: string;
}

export interface CompareSheet extends SheetOf<"compare", CompareData> {
  /** The word that opens what is compared with; null: there is nothing. */
  readonly one: string | null;
}
export type TimelineSheet = SheetOf<"timeline", never>;
/** What it shows is in the state beside it, as it goes on while the sheet is away. */
export type BatchSheet = SheetOf<"batch", never>;
export type CacheSheet = SheetOf<"cache", CacheData>;

export interface ClusterSheet extends SheetOf<"cluster", ClusterData> {
  /** What is to be deleted, asked. */
  readonly asked: string | null;
  readonly removing: { readonly id: number; readonly what: string } | null;
}

export type Sheet = TreemapSheet | CompareSheet | TimelineSheet | CacheSheet | ClusterSheet | BatchSheet;
export type SheetData = NonNullable<Sheet["data"]>;
