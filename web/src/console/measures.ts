/** 评测指标: a model's measures by the names staff know. */

import { percent } from "./shares";

export const MODEL_STATES: Record<string, string> = {
  current: "在用",
  candidate: "候选",
  former: "曾用",
  damaged: "已损坏",
};
export const TRAINERS: Record<string, string> = { light: "轻量模型", transformer: "深度模型" };
export const JOB_STATES: Record<string, string> = {
  waiting: "等待中",
  running: "进行中",
  done: "已完成",
  failed: "失败",
  cancelled: "已取消",
};
export const JOB_KINDS: Record<string, string> = {
  train_routing: "派单模型训练",
  callback_begin: "发起回访",
  callback_attempt: "回访提醒",
  callback_expire: "回访到期",
  find_topics: "热点发现",
  make_reports: "生成定期报告",
};

const NAMES: Record<string, string> = {
  rows: "评测工单",
  top1: "准确率",
  accuracy: "准确率",
  top3: "前三命中率",
  macro_f1: "宏平均F1",
  calibration_error: "校准误差",
  "auto.coverage": "自动派单占比",
  "auto.precision": "自动派单准确率",
};
const COUNTS = new Set(["rows"]);
const PLAIN = new Set(["macro_f1", "calibration_error"]);
/** Where a model was measured, the most telling first. */
const GROUPS: [string, string][] = [
  ["held_out", "留出的较新工单"],
  ["cross_fitted", "训练数据交叉验证"],
];

export interface Measure {
  key: string;
  name: string;
  value: string;
}

type Table = Record<string, unknown>;

/** On what the figures of `measuresOf` were taken; "" when the model does not tell. */
export function measuredOn(measures: Table): string {
  return GROUPS.find(([key]) => isTable(measures?.[key]))?.[1] ?? "";
}

/** The figures that staff compare models by, each share beside the number of orders it stands for. */
export function measuresOf(measures: Table): Measure[] {
  const group = GROUPS.map(([key]) => measures?.[key]).find(isTable) ?? measures ?? {};
  const auto = isTable(group.auto) ? group.auto : {};
  const flat: Table = { ...group, "auto.coverage": auto.coverage, "auto.precision": auto.precision };
  return Object.entries(NAMES)
    .filter(([key]) => typeof flat[key] === "number")
    .map(([key, name]) => ({ key, name, value: figure(key, flat[key] as number, auto) }));
}

function figure(key: string, value: number, auto: Table): string {
  if (COUNTS.has(key)) return `${value} 条`;
  if (PLAIN.has(key)) return value.toFixed(3);
  const orders = key === "auto.precision" && typeof auto.rows === "number" ? `（${auto.rows} 条）` : "";
  return percent(value) + orders;
}

function isTable(value: unknown): value is Table {
  return typeof value === "object" && value !== null;
}
