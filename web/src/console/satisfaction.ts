/** 满意度数字: which figures there are, and the filter that lists the closings behind one of them. */

import type {
  Measure,
  Part,
  SatisfactionFigures,
  SatisfactionFilter,
  SatisfactionGroup,
} from "../callback-contract";
import type { Rate } from "../contract";

export const GROUPS: [string, string][] = [
  ["department", "按承办单位"],
  ["district", "按区县"],
  ["type", "按诉求类型"],
  ["channel", "按渠道"],
  ["day", "按日"],
  ["month", "按月"],
];

type RateName = "response_rate" | "resolution_rate" | "satisfaction_rate" | "callback_coverage";

export const RATES: { measure: Measure; field: RateName; name: string; basis: string }[] = [
  { measure: "response", field: "response_rate", name: "响应率", basis: "联系过市民 / 已评价" },
  { measure: "resolution", field: "resolution_rate", name: "解决率", basis: "问题已解决 / 已评价" },
  { measure: "satisfaction", field: "satisfaction_rate", name: "满意率", basis: "基本满意及以上 / 已评价" },
  { measure: "coverage", field: "callback_coverage", name: "回访覆盖率", basis: "已回访 / 应回访的办结" },
];

export const BESIDE: { part: Part; name: string }[] = [
  { part: "unreached", name: "未联系上" },
  { part: "waiting", name: "等待评价" },
  { part: "refused", name: "谢绝回访" },
  { part: "excluded", name: "不回访" },
];

/** What is listed when a figure is chosen. */
export interface Figure {
  title: string;
  filter: SatisfactionFilter;
  measure: Measure;
  part: Part;
  reason: string;
  count: number;
}

export function rateOf(figures: SatisfactionFigures, measure: Measure): Rate {
  return figures[RATES.find((rate) => rate.measure === measure)!.field];
}

/** The number that a part stands for; of the excluded ones of one reason, if given. */
export function countOf(figures: SatisfactionFigures, measure: Measure, part: Part, reason = ""): number {
  if (part === "numerator" || part === "denominator") return rateOf(figures, measure)[part];
  if (part !== "excluded") return figures[part];
  if (reason) return figures.excluded[reason] ?? 0;
  return Object.values(figures.excluded).reduce((sum, count) => sum + count, 0);
}

function lastDay(month: string): string {
  const [year = 0, number = 1] = month.split("-").map(Number);
  return `${month}-${String(new Date(Date.UTC(year, number, 0)).getUTCDate()).padStart(2, "0")}`;
}

/** The filter of one group's rows: the chosen one, narrowed to the group, never wider than it was. */
export function narrowed(filter: SatisfactionFilter, group: string, row: Pick<SatisfactionGroup, "key">): SatisfactionFilter {
  if (group === "day" || group === "month") {
    const first = group === "day" ? row.key : `${row.key}-01`;
    const last = group === "day" ? row.key : lastDay(row.key);
    return {
      ...filter,
      from: filter.from > first ? filter.from : first,
      to: filter.to && filter.to < last ? filter.to : last,
    };
  }
  return { ...filter, [group]: row.key };
}
