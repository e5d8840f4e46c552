/** 训练显示: what was chosen, how far a training is, and how a comparison came out, in words and figures. */

import type { JobRow, Outcome, Selection, TrainingProgress, Verdict } from "../model-contract";
import { departmentName } from "./departments";
import { percent } from "./shares";

export const TRAINING = "train_routing";
export const OUTCOMES: Record<Outcome, string> = {
  first: "首个模型",
  better: "明显更好",
  level: "不相上下",
  worse: "可能更差",
  too_few: "工单太少，无法比较",
};
const FIGURES: Record<string, string> = {
  top1: "首选准确率",
  macro_f1: "宏平均F1",
  coverage: "自动派单占比",
  precision: "自动派单准确率",
};

/** Waiting or running: no other training may begin. */
export function isOpen(job: JobRow): boolean {
  return job.kind === TRAINING && (job.state === "waiting" || job.state === "running");
}

/** 2026-01-01 至 2026-06-30，市水务集团等3个单位 */
export function selectionWords(chosen: Selection | null): string {
  if (!chosen) return "数据文件";
  const { from, to, departments } = chosen;
  const days = !from && !to ? "全部期间" : `${from ?? "最早"} 至 ${to ?? "最新"}`;
  const names = (departments ?? []).map(departmentName);
  const whose = !names.length ? "全部单位" : names.length <= 2 ? names.join("、") : `${names[0]}等${names.length}个单位`;
  return `${days}，${whose}`;
}

/** 0–1 of the whole training, as far as it can be told; null = not at all. Never quite 1 before it is over. */
export function doneShare(progress: TrainingProgress | null, now: number): number | null {
  const left = secondsLeft(progress, now);
  const gone = secondsGone(progress, now);
  if (left === null || gone === null) return null;
  return Math.min(gone / (gone + left || 1), 0.99);
}

/** Of the whole training where earlier ones tell, at least what the step still takes. */
export function secondsLeft(progress: TrainingProgress | null, now: number): number | null {
  const gone = secondsGone(progress, now);
  const whole = progress?.expected_seconds;
  const ofStep = progress?.seconds_left ?? null;
  if (gone === null || !whole) return ofStep;
  return Math.max(whole - gone, ofStep ?? 0, 1);
}

function secondsGone(progress: TrainingProgress | null, now: number): number | null {
  const began = progress?.started ? Date.parse(progress.started) : Number.NaN;
  return Number.isNaN(began) ? null : Math.max((now - began) / 1000, 0);
}

/** 约3分钟 */
export function spanWords(seconds: number): string {
  if (seconds < 60) return `${Math.max(Math.round(seconds), 1)}秒`;
  if (seconds < 5400) return `${Math.round(seconds / 60)}分钟`;
  return `${(seconds / 3600).toFixed(1)}小时`;
}

/** 交叉拟合，第 120 / 400 条，约剩3分钟 */
export function progressWords(job: JobRow, now: number): string {
  if (job.state === "waiting") return job.attempts ? "等待重新开始" : "等待开始";
  const progress = job.progress;
  if (!progress?.step) return "正在准备数据";
  const counted = progress.total ? `，${progress.done ?? 0} / ${progress.total}` : "";
  const left = secondsLeft(progress, now);
  return `${progress.step}${counted}${left === null ? "" : `，约剩${spanWords(left)}`}`;
}

export interface Comparison {
  key: string;
  name: string;
  incumbent: string;
  candidate: string;
  difference: string;
  interval: string;
  /** The interval lies on one side of zero. */
  sure: "better" | "worse" | "";
}

/** The gate's figures as rows of a table, candidate against incumbent. */
export function comparisons(verdict: Verdict | null | undefined): Comparison[] {
  const { difference = {}, low = {}, high = {}, figures = {} } = verdict ?? {};
  return Object.keys(FIGURES)
    .filter((key) => typeof difference[key] === "number")
    .map((key) => ({
      key,
      name: FIGURES[key] ?? key,
      incumbent: own(key, figures[key]?.incumbent),
      candidate: own(key, figures[key]?.candidate),
      difference: points(difference[key]),
      interval: `${points(low[key])} 至 ${points(high[key])}`,
      sure: (low[key] ?? 0) > 0 ? "better" : (high[key] ?? 0) < 0 ? "worse" : "",
    }));
}

/** Old verdicts only say whether they passed. */
export function outcomeOf(verdict: Verdict): Outcome {
  return verdict.outcome ?? (verdict.rows === 0 ? "first" : verdict.passed ? "level" : "worse");
}

function own(key: string, value: number | undefined): string {
  if (value === undefined) return "—";
  return key === "macro_f1" ? value.toFixed(3) : percent(value);
}

/** +1.2 个百分点 */
function points(value: number | undefined): string {
  if (value === undefined) return "—";
  const shown = (value * 100).toFixed(1);
  return value > 0 ? `+${shown}` : shown;
}
