/** 关联工单: which links an order shows, in what groups, and into which order it may be merged. */

import type { LinkRelation, OrderDetail, OrderLink } from "../contract";

const GROUPS: { title: string; relations: LinkRelation[] }[] = [
  { title: "随以下主单办理", relations: ["main", "duplicate_of"] },
  { title: "疑似关联，请确认", relations: ["proposed"] },
  { title: "并入本单，随本单办结", relations: ["merged", "duplicate"] },
  { title: "同一诉求人的重复诉求", relations: ["repeat_of", "repeated_by"] },
  { title: "一单多诉", relations: ["split_from", "part"] },
];

export interface LinkGroup {
  title: string;
  links: OrderLink[];
}

/** The groups that have something in them. */
export function linkGroups(links: OrderLink[]): LinkGroup[] {
  return GROUPS.map((group) => ({
    title: group.title,
    links: links.filter((link) => group.relations.includes(link.relation)),
  })).filter((group) => group.links.length > 0);
}

/** Whether `order` may be merged into the linked one by a click: proposed, and this person may merge now. */
export function mergeable(order: OrderDetail, link: OrderLink): boolean {
  return link.relation === "proposed" && order.actions.some((item) => item.action === "merge");
}

/** Number of the order that a merge is offered with: the most alike of the proposed ones. */
export function proposedMain(links: OrderLink[]): string {
  const proposed = links.filter((link) => link.relation === "proposed");
  return [...proposed].sort((a, b) => (b.similarity ?? 0) - (a.similarity ?? 0))[0]?.number ?? "";
}
