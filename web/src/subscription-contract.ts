/** 通知订阅 of docs/api.md: who is told of steps of orders, and what came of it. */

export interface Delivery {
  id: number;
  step: string;
  /** Id of the order. */
  order: number;
  at: string;
  state: "waiting" | "running" | "done" | "failed";
  attempts: number;
  error: string;
  /** When it is tried again; null when it is not. */
  next_at: string | null;
}

export interface Subscription {
  id: number;
  kind: string;
  kind_name: string;
  /** Masked, except of a webhook. */
  address: string;
  /** Names of events; empty = all. */
  events: string[];
  department: string;
  department_name: string;
  active: boolean;
  created_at: string;
  created_by: string;
  version: number;
  deliveries: Delivery[];
}

export interface SubscriptionList {
  /** The ways that are set up. */
  kinds: { kind: string; name: string }[];
  events: { event: string; name: string }[];
  items: Subscription[];
}

export interface NewSubscription {
  kind: string;
  address: string;
  events: string[];
  department: string;
}

export interface SubscriptionChange {
  events: string[];
  department: string;
  active: boolean;
  version: number;
}

export interface Probe {
  sent: boolean;
  message: string;
  milliseconds: number;
}
