/** 页面路由: addresses behind `#`, so that any static file server can serve the console. */

import { createRouter, createWebHashHistory } from "vue-router";
import { resume } from "./session";

declare module "vue-router" {
  interface RouteMeta {
    title?: string;
    open?: boolean;
  }
}

export const router = createRouter({
  history: createWebHashHistory(),
  routes: [
    { path: "/", redirect: "/work-orders" },
    { path: "/sign-in", component: () => import("./pages/SignIn.vue"), meta: { title: "登录", open: true } },
    {
      path: "/work-orders/:id(\\d+)?",
      name: "orders",
      component: () => import("./pages/WorkOrders.vue"),
      meta: { title: "工单处理" },
    },
    { path: "/notices", component: () => import("./pages/Notices.vue"), meta: { title: "待办提醒" } },
    { path: "/intake", component: () => import("./pages/Intake.vue"), meta: { title: "来电登记" } },
    { path: "/callbacks", component: () => import("./pages/Callbacks.vue"), meta: { title: "回访" } },
    { path: "/quality", component: () => import("./pages/Quality.vue"), meta: { title: "质检" } },
    { path: "/knowledge", name: "knowledge", component: () => import("./pages/Knowledge.vue"), meta: { title: "知识库" } },
    { path: "/gaps", component: () => import("./pages/Gaps.vue"), meta: { title: "知识缺口" } },
    { path: "/topics", component: () => import("./pages/Topics.vue"), meta: { title: "热点" } },
    { path: "/reports", component: () => import("./pages/Reports.vue"), meta: { title: "报表" } },
    { path: "/figures", component: () => import("./pages/Figures.vue"), meta: { title: "数据明细" } },
    { path: "/statistics", component: () => import("./pages/Statistics.vue"), meta: { title: "统计" } },
    { path: "/rules", component: () => import("./pages/Rules.vue"), meta: { title: "派单规则" } },
    { path: "/departments", component: () => import("./pages/Departments.vue"), meta: { title: "承办单位" } },
    { path: "/models", component: () => import("./pages/Models.vue"), meta: { title: "派单模型" } },
    { path: "/subscriptions", component: () => import("./pages/Subscriptions.vue"), meta: { title: "通知" } },
    { path: "/:rest(.*)*", redirect: "/work-orders" },
  ],
});

router.beforeEach(async (to) => {
  if (to.meta.open) return true;
  try {
    if (await resume()) return true;
  } catch {
    // The sign-in page tells what is wrong when signing in fails the same way.
  }
  return { path: "/sign-in", query: { next: to.fullPath } };
});

router.afterEach((to) => {
  document.title = `${to.meta.title ?? ""} - 12345热线工作台`;
});
