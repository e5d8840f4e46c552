/** 派单规则: rules as a form holds them, and as a person reads them. The server checks them again, and more. */

import type { RuleRow, RuleVersion } from "../rules-contract";

export interface RuleInput {
  id: string;
  any_terms: string;
  all_terms: string;
  none_terms: string;
  district: string;
  type: string;
  category: string;
  candidate: string;
  urgency: string;
  department: string;
  supporting: string[];
  review: boolean;
  from: string;
  to: string;
  note: string;
}

type Named = (code: string) => string;

const TERMS = ["any_terms", "all_terms", "none_terms"] as const;
const text = (value: unknown): string =>
  typeof value === "string" || typeof value === "number" ? String(value).trim() : "";
const texts = (value: unknown): string[] => (Array.isArray(value) ? value : [value]).map(text).filter(Boolean);
const fieldsOf = (value: unknown): Record<string, unknown> =>
  value && typeof value === "object" ? (value as Record<string, unknown>) : {};

/** One word a line; commas of any kind separate too. */
export function wordsOf(told: string): string[] {
  return [...new Set(told.split(/[\n\r，,、；;]+/).map((word) => word.trim()))].filter(Boolean);
}

/** Of whatever a row holds, a broken one too. */
export function inputOf(row: unknown): RuleInput {
  const all = fieldsOf(row);
  const when = fieldsOf(all.when);
  const then = fieldsOf(all.then);
  const terms = Object.fromEntries(TERMS.map((key) => [key, texts(when[key]).join("\n")]));
  return {
    ...(terms as Record<(typeof TERMS)[number], string>),
    id: text(all.id),
    district: text(when.district),
    type: text(when.type),
    category: text(when.category),
    candidate: text(when.department),
    urgency: text(when.urgency),
    department: text(then.department),
    supporting: texts(then.supporting),
    review: then.review === true,
    from: text(all.from),
    to: text(all.to),
    note: text(all.note),
  };
}

/** As it is saved: only what is told. */
export function rowOf(input: RuleInput): RuleRow {
  const row: RuleRow = { id: input.id.trim(), when: {}, then: {} };
  for (const key of TERMS) {
    const words = wordsOf(input[key]);
    if (words.length) row.when[key] = words;
  }
  for (const key of ["district", "type", "category", "urgency"] as const) if (input[key]) row.when[key] = input[key];
  if (input.candidate) row.when.department = input.candidate;
  if (input.department) row.then.department = input.department;
  if (input.supporting.length) row.then.supporting = [...input.supporting];
  if (input.review) row.then.review = true;
  if (input.from) row.from = input.from;
  if (input.to) row.to = input.to;
  if (input.note.trim()) row.note = input.note.trim();
  return row;
}

/** The first thing to put right, "" for none. */
export function missingIn(input: RuleInput, otherIds: string[]): string {
  if (!input.id.trim()) return "请填写编号。";
  if (otherIds.includes(input.id.trim())) return `编号“${input.id.trim()}”已经有了，请改用其他编号。`;
  if (!Object.keys(rowOf(input).when).length) return "请至少填写一个条件。";
  if (!input.department && !input.review) return "请选择主办单位，或勾选“一律由人工派单”。";
  if (input.supporting.length && !input.department) return "没有主办单位，不能只指定协办单位。";
  if (input.supporting.includes(input.department)) return "协办单位与主办单位相同，请去掉其中一个。";
  if (input.review && !input.note.trim()) return "请填写说明，它会作为转人工的原因显示给派单员。";
  if (input.from && input.to && input.to < input.from) return "结束日期早于开始日期，请改正其中一个。";
  return "";
}

/** The conditions, all of which must hold. */
export function conditionsOf(row: unknown, nameOf: Named): string[] {
  const input = inputOf(row);
  const quoted = (key: (typeof TERMS)[number], between: string): string =>
    wordsOf(input[key])
      .map((word) => `“${word}”`)
      .join(between);
  const told: [string, string][] = [
    ["内容含", quoted("any_terms", "或")],
    ["内容同时含", quoted("all_terms", "和")],
    ["内容不含", quoted("none_terms", "、")],
    ["诉求类型：", input.type],
    ["区县：", input.district],
    ["诉求分类：", input.category],
    ["模型首选单位：", input.candidate && nameOf(input.candidate)],
    ["紧急程度：", input.urgency],
  ];
  return told.filter(([, value]) => value).map(([name, value]) => name + value);
}

/** What it does, a line each. */
export function effectsOf(row: unknown, nameOf: Named): string[] {
  const input = inputOf(row);
  const told: string[] = [];
  if (input.department) told.push(`${input.review ? "建议" : ""}主办：${nameOf(input.department)}`);
  if (input.supporting.length) told.push(`协办：${input.supporting.map(nameOf).join("、")}`);
  if (input.review) told.push("由人工派单");
  return told;
}

export type RuleState = "current" | "future" | "past";
export const RULE_STATES: Record<RuleState, string> = { current: "生效中", future: "未开始", past: "已过期" };

/** By its days, which are inclusive; `today` is YYYY-MM-DD. */
export function stateOf(row: unknown, today: string): RuleState {
  const { from, to } = inputOf(row);
  if (to && to < today) return "past";
  return from && from > today ? "future" : "current";
}

export function daysOf(row: unknown): string {
  const { from, to } = inputOf(row);
  if (!from && !to) return "长期";
  return `${from || "即日"} 至 ${to || "长期"}`;
}

/** With the row at `index` moved by one place; the same list when it cannot be moved. */
export function moved<T>(rows: T[], index: number, by: -1 | 1): T[] {
  const [row, other] = [rows[index], rows[index + by]];
  if (row === undefined || other === undefined) return rows;
  const next = [...rows];
  next[index] = other;
  next[index + by] = row;
  return next;
}

/** A free number for a new rule. */
export function freeId(rows: unknown[]): string {
  const taken = new Set(rows.map((row) => inputOf(row).id));
  let number = rows.length + 1;
  while (taken.has(`规则${number}`)) number += 1;
  return `规则${number}`;
}

/** What a version changed, in one line. */
export function changesOf(version: RuleVersion): string {
  const told = [
    ["新增", version.added],
    ["修改", version.changed],
    ["删除", version.removed],
  ] as [string, string[]][];
  const parts = told.filter(([, names]) => names.length).map(([what, names]) => `${what} ${names.join("、")}`);
  if (version.moved) parts.push("调整了顺序");
  return parts.join("；") || "规则没有变化";
}
