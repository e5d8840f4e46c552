/** 漂移显示: one figure through the weeks, with its warning line, for a chart and for a table. */

import type { Drift, DriftFigure } from "../model-contract";
import { percent } from "./shares";

export interface DriftLine {
  key: string;
  name: string;
  /** 03-02: the Mondays. */
  weeks: string[];
  values: (number | null)[];
  lines: (number | null)[];
  warnings: boolean[];
  /** What the line means: 警戒线（低于即警告） */
  lineName: string;
}

/** Null when there is no such figure. */
export function driftLine(drift: Drift, key: string): DriftLine | null {
  const measure = drift.measures.find((one) => one.key === key);
  if (!measure) return null;
  const figures = drift.weeks.map((week) => week.figures[key]);
  return {
    key,
    name: measure.name,
    weeks: drift.weeks.map((week) => week.from.slice(5)),
    values: figures.map((figure) => figure?.value ?? null),
    lines: figures.map((figure) => figure?.line ?? null),
    warnings: figures.map((figure) => figure?.warning ?? false),
    lineName: measure.above ? "警戒线（高于即警告）" : "警戒线（低于即警告）",
  };
}

/** 87.3%, or 0.31 for the index. */
export function driftFigure(key: string, value: number | null | undefined): string {
  if (value === null || value === undefined) return "—";
  return key === "shift" ? value.toFixed(2) : percent(value);
}

/** 86.1%（210 张，警戒线 90.2%） */
export function driftTitle(key: string, figure: DriftFigure | undefined): string {
  if (!figure || figure.value === null) return "没有数据";
  const line = figure.line === null ? "" : `，警戒线 ${driftFigure(key, figure.line)}`;
  return `${driftFigure(key, figure.value)}（${figure.n} 张${line}）`;
}
