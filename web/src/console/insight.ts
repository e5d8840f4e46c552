/** 研判显示: how hot topics, shares and standings are told. */

import type { FigureQuery, LeagueMeasure, Standing, Topic } from "../insight-contract";
import { percent } from "./shares";

export const DIMENSIONS: Record<string, string> = {
  category_1: "一级分类",
  category_2: "二级分类",
  category_3: "三级分类",
  category_4: "四级分类",
  district: "区县",
  street: "街道（镇）",
  type: "诉求类型",
  department: "承办单位",
  day: "日",
  week: "周",
  month: "月",
};

const LEAGUE_NAMES: Record<string, string> = {
  first_right: "一次派准率",
  returned: "退单率",
  signed_in_time: "按时签收率",
  closed_in_time: "按时办结率",
  response: "响应率",
  resolution: "解决率",
  satisfaction: "满意率",
  faulty: "质检问题率",
  extended: "延期率",
  supervised: "督办率",
};

/** 区县：松岭区、诉求类型：投诉 — what the figure counts whose orders are listed; "" = all. */
export function figureTitle(query: FigureQuery, nameOf: (department: string) => string): string {
  const named = (department: string): string => (department ? nameOf(department) : "未派单");
  if (query.measure || query.department) {
    const measure = LEAGUE_NAMES[String(query.measure ?? "")];
    const part = query.part === "numerator" ? "分子" : "分母";
    return [query.department ? named(String(query.department)) : "", measure ? `${measure}（${part}）` : "工单数"]
      .filter(Boolean)
      .join(" ");
  }
  return [query.value ?? []]
    .flat()
    .map((one) => {
      const [dimension = "", ...rest] = one.split(":");
      const value = rest.join(":");
      return `${DIMENSIONS[dimension] ?? dimension}：${dimension === "department" ? named(value) : value || "未填写"}`;
    })
    .join("、");
}

/** 近24小时8件，平时0.4件，约20倍. */
export function riseOf(topic: Topic): string {
  const told = `近${Math.round(topic.span_hours)}小时${topic.span_count}件`;
  if (topic.usual === null) return `${told}，历史数据不足，暂不能与平时比较`;
  const digits = topic.usual < 0.1 ? 2 : 1;
  const usual = topic.usual < 10 ? topic.usual.toFixed(digits) : Math.round(topic.usual).toString();
  if (Number(usual) === 0) return `${told}，平时几乎没有`;
  const times = topic.times !== null && topic.times < 100 ? `，约${topic.times}倍` : "，极少出现";
  return `${told}，平时${usual}件${times}`;
}

/** 81.0%–93.2% */
export function intervalOf(standing: Standing): string {
  return standing.denominator ? `${percent(standing.low)}–${percent(standing.high)}` : "";
}

/** Only the best and the worst third of those with a rank are coloured. */
export function levelOf(standing: Standing | undefined, measure: LeagueMeasure, ranks: number): "" | "good" | "bad" {
  if (!standing?.rank || ranks < 6) return "";
  if (measure.good ? standing.share === 0 : standing.share === 1) return "bad";
  if (standing.rank <= ranks / 3) return "good";
  return standing.rank > (ranks * 2) / 3 ? "bad" : "";
}

/** Where the orders behind a figure are listed. */
export function figureAddress(of: "slice" | "league", values: Record<string, string | string[]>): {
  path: string;
  query: Record<string, string | string[]>;
} {
  const set = Object.entries(values).filter(([, value]) => value !== "");
  return { path: "/figures", query: { of, ...Object.fromEntries(set) } };
}
