/** The HTTP interface of docs/api.md as types. Names and shapes are the server's; nothing here is computed. */

export interface ServiceInfo {
  city: string;
  hotline: string;
  notice: string;
  demo: boolean;
  version: string;
  /** Ways in which citizens can be told of steps: "email", or none. */
  notifications?: string[];
}

export interface Citation {
  entry_id: string;
  title: string;
  locator: string;
  source: string;
}

export interface Option {
  id: string;
  label: string;
}

export interface RelatedQuestion {
  entry_id: string;
  title: string;
}

/** 五要素; an empty string is "not told yet". */
export interface FiveElements {
  place: string;
  time: string;
  subject: string;
  event: string;
  demand: string;
}

export interface Draft {
  type: string;
  text: string;
  elements: FiveElements;
  name: string;
  phone: string;
}

export interface FiledOrder {
  number: string;
  query_code: string;
  state_name: string;
}

export type Outcome =
  | "answered"
  | "clarify"
  | "abstained"
  | "emergency"
  | "refused"
  | "smalltalk"
  | "intake"
  | "filed"
  | "status"
  | "callback"
  | "invalid";

export type Expects = "text" | "option" | "confirm" | "rating";

export interface Reply {
  outcome: Outcome;
  text: string;
  confidence: number;
  citations: Citation[];
  options: Option[];
  related: RelatedQuestion[];
  expects: Expects;
  draft: Draft | null;
  order: FiledOrder | null;
  feedback: boolean;
}

/** 一轮; an empty `text` was begun by the hotline. */
export interface Turn {
  number: number;
  at: string;
  text: string;
  reply: Reply;
  helpful: boolean | null;
}

export interface ConversationView {
  id: string;
  phase: string;
  turns: Turn[];
}

export interface OrderStep {
  at: string;
  name: string;
  note: string;
}

export interface OrderView {
  number: string;
  type: string;
  state: string;
  state_name: string;
  created_at: string;
  due_at: string | null;
  overdue: boolean;
  department: string;
  reply: string;
  steps: OrderStep[];
  callback: { state: string; expires_at: string } | null;
  ratings?: RatingView[];
  /** Whether a 追评 can be given now. */
  may_follow_up?: boolean;
  elements: FiveElements;
  text: string;
  /** Who has the order now, for what and until when; null once the handling is over. */
  responsible?: { name: string; task: string; until: string | null } | null;
  suspended?: boolean;
  /** 催办 by the citizen so far. */
  urges?: number;
  /** What the citizen can do with it now. */
  may?: { urge: boolean; supplement: boolean; attach: boolean };
  /** Size of one attachment, at most. */
  attachment_megabytes?: number;
  supplements?: { at: string; text: string }[];
  attachments?: { at: string; name: string; size: number }[];
  /** 一单多诉: the further orders that this one was split into. */
  parts?: OrderView[];
}

export interface CallbackAnswer {
  /** Of the part that is answered for; empty = the queried order. */
  number?: string;
  query_code: string;
  phone_last4: string;
  contacted: boolean;
  resolved: boolean;
  rating: number;
  reason_tags?: string[];
  comment: string;
}

export type Role = "agent" | "dispatcher" | "department" | "supervisor" | "administrator";

export interface SessionView {
  username: string;
  name: string;
  role: Role;
  role_name: string;
  department: string;
}

export interface OrderRow {
  id: number;
  number: string;
  type: string;
  urgency: string;
  state: string;
  state_name: string;
  district: string;
  category: string;
  lead_department: string;
  lead_department_name: string;
  confidence: number | null;
  created_at: string;
  due_at: string | null;
  overdue: boolean;
  /** The holidays of that year are not known yet; the deadline may move. */
  due_provisional?: boolean;
  excerpt: string;
  returns: number;
  reworks: number;
  /** Merged into another order (并单、重单), with which it will be closed. */
  held: boolean;
  /** 重复诉求: the same person told of the matter before. */
  repeat: boolean;
  /** How many orders of others were merged into it. */
  merged: number;
  /** 协办: the reader's department only supports it. */
  supporting: boolean;
  urges?: number;
  /** 督办级别: 0 none, 1 to 3. */
  supervision_level?: number;
  suspended?: boolean;
  confidential?: boolean;
  anonymous?: boolean;
}

export interface Candidate {
  department: string;
  name: string;
  confidence: number;
}

/** 一项诉求, as the router found it in a text with several. */
export interface Demand {
  text: string;
  department: string;
  category: string;
  confidence: number;
}

/** 属地. */
export interface PlaceEvidence {
  district: string;
  place: string;
  said: string;
  certainty: "" | "named" | "guessed" | "misspelt";
  ambiguous: { place: string; districts: string[] }[];
}

export interface Trait {
  label: string;
  confidence: number;
}

export interface Evidence {
  location?: PlaceEvidence | null;
  category?: { levels: { code: string; name: string }[]; confidence: number } | null;
  traits?: { type?: Trait; urgency?: Trait; sentiment?: Trait };
  demands?: Demand[];
  /** The part of a split appeal that this order is about. */
  part?: { number: number; of: number; text: string };
  /** Codes that a rule, or whoever split the order, proposes as 协办. */
  supporting?: string[];
  duty?: { department: string; name: string; text: string; similarity: number } | null;
  /** Category path that another system named when it filed (Open311); it decided nothing. */
  service?: string;
  terms?: string[];
  similar?: { number: string; department: string; excerpt: string }[];
  rule?: string | null;
  reason?: string;
}

export interface Dispatching {
  decision: string;
  department: string;
  department_name: string;
  confidence: number;
  model_version: string;
  candidates: Candidate[];
  evidence: Evidence;
}

export interface OrderEvent {
  at: string;
  name: string;
  actor: string;
  /** The staff member's name, the login where none is known. */
  actor_name?: string;
  role_name: string;
  reason: string;
  state_from: string;
  state_to: string;
  department_from: string;
  department_to: string;
  /** Names of the 协办单位 that were told. */
  supporting?: string[];
  /** What the event's data say, line by line. */
  details?: string[];
}

/** 协办: what one supporting department owes the lead, and what it gave. */
export interface SupportWork {
  code: string;
  name: string;
  due_at: string | null;
  overdue: boolean;
  opinion: string;
  opined_at: string | null;
}

export interface Supplement {
  at: string;
  actor: string;
  actor_name?: string;
  role_name: string;
  text: string;
}

export interface Attachment {
  id: number;
  at: string;
  actor: string;
  role_name: string;
  name: string;
  media_type: string;
  size: number;
  /** Whether a browser shows it. */
  image: boolean;
}

export interface CallbackRecord {
  id: number;
  version: number;
  state: string;
  state_name: string;
  round: number;
  contacted: boolean | null;
  resolved: boolean | null;
  rating: number | null;
  rating_name: string;
  reason_tags: string[];
  comment: string;
  answered_at: string | null;
  /** 追评. */
  follow_up: string;
  followed_up_at: string | null;
  channel_name: string;
  scheduled_at: string;
  expires_at: string;
  next_attempt_at: string | null;
  attempts: number;
  tries: { at: string; actor: string; actor_name?: string; outcome: string; name: string }[];
  handover: boolean;
  /** Why there is none; empty = there is. */
  excluded: string;
}

/** 评价记录, as the citizen sees it: one of each round that was rated. */
export interface RatingView {
  round: number;
  contacted: boolean;
  resolved: boolean;
  rating: number;
  rating_name: string;
  reason_tags: string[];
  comment: string;
  answered_at: string;
  follow_up: string;
  followed_up_at: string | null;
}

export type LinkRelation =
  | "main"
  | "duplicate_of"
  | "repeat_of"
  | "split_from"
  | "merged"
  | "duplicate"
  | "repeated_by"
  | "part"
  | "proposed";

/** 关联工单: what the other order is to this one. */
export interface OrderLink {
  relation: LinkRelation;
  name: string;
  id: number;
  number: string;
  state_name: string;
  created_at: string;
  department_name: string;
  district: string;
  excerpt: string;
  /** Of a proposal only. */
  similarity: number | null;
  reason: string;
  held: boolean;
}

export type ActionNeed =
  | "main"
  | "department"
  | "reply"
  | "closing_kind"
  | "days"
  | "approved"
  | "level"
  | "classification"
  | "opinion";

export interface OrderAction {
  action: string;
  name: string;
  needs_reason: boolean;
  needs: ActionNeed[];
}

export interface OrderDetail extends OrderRow {
  links: OrderLink[];
  version: number;
  text: string;
  elements: FiveElements;
  requester: { name: string; phone: string; withheld?: boolean };
  dispatching: Dispatching | null;
  reply: string;
  events: OrderEvent[];
  callbacks: CallbackRecord[];
  actions: OrderAction[];
  supporting_departments: { code: string; name: string }[];
  /** Whether this person may split it now. */
  splittable: boolean;
  support_work?: SupportWork[];
  supplements?: Supplement[];
  attachments?: Attachment[];
  may_supplement?: boolean;
  may_attach?: boolean;
  /** Whether this person may see the phone now, which is written down. */
  may_reveal?: boolean;
  /** 直接答复: the hotline answered it itself, and no department has it. */
  directly_answered?: boolean;
  /** Working days asked for, until the extension is decided. */
  extension_days?: number;
  extensions?: number;
  suspended_at?: string | null;
  contact_due_at?: string | null;
  contacted_at?: string | null;
}

export interface ActionInput {
  action: string;
  version: number;
  reason: string;
  department: string;
  reply: string;
  closing_kind: string;
  main: string;
  /** 协办单位; null leaves them as they are. */
  supporting: string[] | null;
  days?: number;
  approved?: boolean | null;
  level?: number;
  opinion?: string;
  without_support?: boolean;
  type?: string;
  category?: string;
  urgency?: string;
  confidential?: boolean | null;
}

export interface PartInput {
  text: string;
  department: string;
  supporting: string[];
  category: string;
}

export interface SplitInput {
  version: number;
  parts: PartInput[];
}

export interface NewOrder {
  type: string;
  text: string;
  elements: FiveElements;
  name: string;
  phone: string;
  district: string;
  /** 直接答复: the agent answers at once, nothing is dispatched. */
  answer?: string;
}

export interface NewOrderResult {
  number: string;
  query_code: string;
  id: number;
}

export interface DepartmentRow {
  code: string;
  name: string;
  duties: string[];
  active: boolean;
  /** Code of the department whose unit in one district this is; "" = none. */
  parent: string;
  /** For a unit the district's name. */
  jurisdiction: string;
}

export interface Page<T> {
  items: T[];
  total: number;
}

export interface Rate {
  numerator: number;
  denominator: number;
  share: number | null;
}

export interface OverviewStatistics {
  states: Record<string, { name: string; count: number }>;
  departments: { department: string; name: string; count: number }[];
  auto_share: Rate;
  overdue: number;
}
