/** 拆分: the parts of an appeal with several demands, as a person edits them, and the departments that support a lead. */

import type { Demand, OrderDetail, PartInput } from "../contract";

export const MOST_PARTS = 5;
export const MOST_SUPPORTING = 5;

const MOST_TEXT = 5000;

export const emptyPart = (): PartInput => ({ text: "", department: "", supporting: [], category: "" });

/** What is edited first: the demands that were found, else the whole text and an empty part. */
export function partsOf(demands: Demand[], text: string, known: (code: string) => boolean): PartInput[] {
  if (demands.length < 2) return [{ ...emptyPart(), text }, emptyPart()];
  return demands.map((demand) => ({
    ...emptyPart(),
    text: demand.text,
    department: known(demand.department) ? demand.department : "",
    category: demand.category,
  }));
}

/** Why the parts cannot be sent; "" when they can. */
export function problemOf(parts: PartInput[]): string {
  if (parts.length < 2 || parts.length > MOST_PARTS) return `拆分后应为2至${MOST_PARTS}件。`;
  for (const [index, part] of parts.entries()) {
    const text = part.text.trim();
    const same = parts.findIndex((other) => other.text.trim() === text);
    if (!text) return `第${index + 1}件没有内容，请填写，或者去掉这一件。`;
    if ([...text].length > MOST_TEXT) return `第${index + 1}件超过${MOST_TEXT}字，请精简后再提交。`;
    if (same < index) return `第${index + 1}件与第${same + 1}件内容相同，请修改，或者去掉其中一件。`;
    if (part.supporting.includes(part.department)) return `第${index + 1}件的主办单位不能同时是协办单位。`;
  }
  return "";
}

/** 协办单位 that an action is offered with: those it has, else those proposed; never the lead itself. */
export function supportingOf(order: OrderDetail, lead: string, known: (code: string) => boolean): string[] {
  const has = (order.supporting_departments ?? []).map((row) => row.code);
  const proposed = order.state === "pending_dispatch" ? (order.dispatching?.evidence?.supporting ?? []) : [];
  return (has.length ? has : proposed).filter((code) => code !== lead && known(code));
}
