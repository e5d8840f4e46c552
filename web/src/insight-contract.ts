/** 研判接口: hot topics, shares, the league, reports and figures of docs/api.md. */

import type { Rate } from "./contract";

export interface TopicMember {
  id: number;
  number: string;
  created_at: string;
  type: string;
  district: string;
  category: string;
  state_name: string;
  department_name: string;
  confidential: boolean;
  excerpt: string;
}

export interface Topic {
  id: number;
  title: string;
  terms: string[];
  count: number;
  persons: number;
  found_at: string;
  window_from: string;
  window_to: string;
  alerted_at: string | null;
  present: boolean;
  /** The part of the window in which it stands out most, and how many there are in it. */
  span_hours: number;
  span_count: number;
  /** Appeals usual in such a span; null while too little of the usual is known. */
  usual: number | null;
  times: number | null;
  /** -log10 of the chance that a usual span brings as many. */
  surprise: number;
  spike: boolean;
  confidential: number;
  districts: { code: string; name: string; count: number }[];
  streets: { district: string; name: string; count: number }[];
  categories: { category: string; count: number }[];
}

export interface TopicDetail extends Topic {
  members: TopicMember[];
  /** How many are not listed to this reader. */
  hidden: number;
}

export interface TopicList {
  items: Topic[];
  window_hours: number;
  usual_days: number;
  enough_days: number;
  least: number;
}

export interface ShareCell {
  values: string[];
  names: string[];
  count: number;
  share: number | null;
}

export interface Shares {
  dimensions: { key: string; name: string }[];
  cells: ShareCell[];
  total: number;
  left_out: number;
}

export interface Standing extends Rate {
  /** The 95% interval. */
  low: number;
  high: number;
  /** null: too few for a rank. */
  rank: number | null;
}

export interface LeagueMeasure {
  key: string;
  name: string;
  basis: string;
  good: boolean;
  by_closing: boolean;
}

export interface LeagueRow {
  department: string;
  name: string;
  parent: string;
  volume: number;
  measures: Partial<Record<string, Standing>>;
}

export interface League {
  measures: LeagueMeasure[];
  sort: string;
  together: boolean;
  least: number;
  rows: LeagueRow[];
}

export type ReportKind = "day" | "week" | "month";

export interface Report {
  id: number;
  kind: ReportKind;
  kind_name: string;
  period: string;
  period_from: string;
  period_to: string;
  made_at: string;
  count: number;
}

/** A figure's orders, by the query that the server gave with it. */
export type FigureQuery = Record<string, string | string[]>;
