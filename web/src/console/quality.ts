/** 质检显示: filters as they begin, colours, and what may be done with a finding. */

import type { Role } from "../contract";
import type { Finding, FindingFilter, QualityRule, Severity } from "../quality-contract";
import { fraction, percent } from "./shares";

export const INSPECTORS: Role[] = ["supervisor", "administrator"];

export function blankFilter(): FindingFilter {
  return { rule: "", severity: "", department: "", verdict: "", from: "", to: "" };
}

export function severityType(severity: Severity): "danger" | "warning" | "info" {
  return severity === "严重" ? "danger" : severity === "一般" ? "warning" : "info";
}

export function mayDecide(role: Role | null, finding: Finding): boolean {
  return role !== null && INSPECTORS.includes(role) && finding.verdict === "open";
}

export function mayObject(role: Role | null, finding: Finding): boolean {
  return role === "department" && finding.verdict === "open" && !finding.objected_at;
}

/** 92.3%（24 / 26）, or that nothing was decided yet. */
export function precisionText(rule: QualityRule): string {
  const rate = rule.precision;
  return rate.denominator ? `${percent(rate.share)}（${fraction(rate)}）` : "尚无结论";
}

/** 2026-03 100%（3 / 3） · …, months without a verdict left out. */
export function monthsText(rule: QualityRule): string {
  const told = rule.months.filter((one) => one.precision.denominator > 0);
  return told.map((one) => `${one.month} ${percent(one.precision.share, 0)}（${fraction(one.precision)}）`).join(" · ");
}
