/** 菜单: which pages a role sees. The server decides what it may do; this only spares it closed doors. */

import type { Role } from "../contract";

export interface MenuEntry {
  path: string;
  title: string;
  testid: string;
  roles: Role[];
}

const EVERYONE: Role[] = ["agent", "dispatcher", "department", "supervisor", "administrator"];

export const MENU: MenuEntry[] = [
  { path: "/work-orders", title: "工单处理", testid: "menu-orders", roles: EVERYONE },
  { path: "/notices", title: "待办提醒", testid: "menu-notices", roles: EVERYONE },
  {
    path: "/intake",
    title: "来电登记",
    testid: "menu-intake",
    roles: ["agent", "dispatcher", "supervisor", "administrator"],
  },
  { path: "/callbacks", title: "回访", testid: "menu-callbacks", roles: ["agent", "supervisor", "administrator"] },
  {
    path: "/quality",
    title: "质检",
    testid: "menu-quality",
    roles: ["department", "supervisor", "administrator"],
  },
  { path: "/knowledge", title: "知识库", testid: "menu-knowledge", roles: EVERYONE },
  { path: "/gaps", title: "知识缺口", testid: "menu-gaps", roles: ["agent", "supervisor", "administrator"] },
  { path: "/topics", title: "热点", testid: "menu-topics", roles: EVERYONE },
  { path: "/statistics", title: "统计", testid: "menu-statistics", roles: EVERYONE },
  { path: "/reports", title: "报表", testid: "menu-reports", roles: EVERYONE },
  { path: "/rules", title: "派单规则", testid: "menu-rules", roles: ["supervisor", "administrator"] },
  { path: "/departments", title: "承办单位", testid: "menu-departments", roles: ["supervisor", "administrator"] },
  { path: "/models", title: "派单模型", testid: "menu-models", roles: ["supervisor", "administrator"] },
  { path: "/subscriptions", title: "通知", testid: "menu-subscriptions", roles: ["administrator"] },
];

/** What each role looks at first: quick filters over the list, besides "全部". */
export const QUICK_STATES: Record<Role, string[]> = {
  agent: ["submitted", "replied", "callback"],
  dispatcher: ["pending_dispatch", "returned", "rework"],
  department: ["dispatched", "signed", "processing"],
  supervisor: ["returned", "extension_pending", "replied", "callback"],
  administrator: ["pending_dispatch", "processing", "replied"],
};

export function menuOf(role: Role | null): MenuEntry[] {
  return role ? MENU.filter((entry) => entry.roles.includes(role)) : [];
}
