/** 待办提醒 of docs/api.md: what somebody of a role must act on. */

export interface NoticeOrder {
  id: number;
  number: string;
  state_name: string;
  due_at: string | null;
  supervision_level: number;
  overdue: boolean;
}

export interface Notice {
  id: number;
  at: string;
  kind: string;
  kind_name: string;
  text: string;
  department: string;
  department_name: string;
  order: NoticeOrder | null;
  done_at: string | null;
  done_by: string;
  done_by_name?: string;
}

export interface NoticeList {
  items: Notice[];
  /** All that wait; more than `items` holds when there are very many. */
  open: number;
}
