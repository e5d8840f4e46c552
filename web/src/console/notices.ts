/** 待办提醒: how many wait, for the menu; asked each minute and whenever the page changes. */

import { reactive } from "vue";
import { api } from "./api";
import { session } from "./session";

export const notices = reactive({ open: 0 });

/** Kinds that say something is late, not that it will be. */
const LATE = /overdue|supervision/;

export function isLate(kind: string): boolean {
  return LATE.test(kind);
}

/** A counter that cannot be read stays as it was: the pages tell what is wrong. */
export async function countNotices(): Promise<void> {
  if (!session.staff || session.expired) {
    if (!session.staff) notices.open = 0;
    return;
  }
  try {
    notices.open = (await api.noticeCount()).open;
  } catch {
    // Asked again in a minute.
  }
}
