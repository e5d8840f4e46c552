/** 用语: names that citizens and staff see, in the order they are shown. They mirror casework's tables. */

import type { FiveElements } from "./contract";

export const ELEMENT_NAMES: [keyof FiveElements, string][] = [
  ["place", "地点"],
  ["time", "时间"],
  ["subject", "被反映对象"],
  ["event", "事件经过"],
  ["demand", "诉求目的"],
];

/** 不满意的原因. */
export const REASON_TAGS = ["未联系", "超期", "未解决", "态度", "推诿", "答复不清", "其他"];

/** Best first, as the rating row shows them. */
export const RATING_NAMES: [number, string][] = [
  [5, "非常满意"],
  [4, "满意"],
  [3, "基本满意"],
  [2, "不满意"],
  [1, "非常不满意"],
];

export const APPEAL_TYPES = ["咨询", "求助", "投诉", "举报", "建议", "表扬"];

export const URGENCIES = ["一般", "紧急"];

/** 督办级别, by number. */
export const SUPERVISION_LEVELS: [number, string][] = [
  [1, "一级（派单员督促）"],
  [2, "二级（督办员约谈）"],
  [3, "三级（报分管领导）"],
];

export const CLOSING_KINDS = ["已解决", "解释说明", "未解决"];

export const STATE_NAMES: Record<string, string> = {
  submitted: "已提交",
  accepted: "已受理",
  rejected: "不予受理",
  emergency_transferred: "已转紧急渠道",
  answered: "已直接答复",
  pending_dispatch: "待派单",
  dispatched: "已派单",
  signed: "已签收",
  returned: "已退单",
  adjudicated: "已裁定",
  processing: "办理中",
  extension_pending: "延期审批中",
  suspended: "已挂起",
  replied: "已答复待审核",
  closed: "已办结",
  callback: "回访中",
  archived: "已归档",
  rework: "重办",
};
