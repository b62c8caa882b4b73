/** What the server and the workbench tell each other. */
export type Language = "en" | "ru" | "ky" | "kk";
export type Words = Partial<Record<string, string>>;
export type LonLat = [number, number];
export type Row = Record<string, unknown>;
export type Badge = "measured" | "reported" | "modelled" | "assumed";
export type Better = "more" | "less" | "neither";

export interface Change {
  type: string;
  [field: string]: unknown;
}

/** A change with what only the drawing knows: the points through which a line was led. */
export interface Item {
  id: string;
  change: Change;
  way?: { points: LonLat[]; loop: boolean };
}

export interface Headway {
  start: string;
  end: string;
  minutes: number;
  period?: string;
}

export interface Field {
  name: string;
  widget: string;
  label: Words;
  hint?: Words;
  unit?: string;
  required?: boolean;
  default?: unknown;
  choices?: { value: string; label: Words }[];
}

/** What the JSON Schema of a type says of one field. */
export interface Property {
  type?: string;
  minimum?: number;
  maximum?: number;
  enum?: unknown[];
  const?: unknown;
  anyOf?: Property[];
}

export interface Kind {
  type: string;
  tool: string;
  group: string;
  group_label: Words;
  label: Words;
  form: Field[];
  example: Change;
  schema?: { properties?: Record<string, Property> };
}

export interface Period {
  key: string;
  label: Words;
  start: string;
  end: string;
}

export interface Indicator {
  key: string;
  labels: Words;
  unit: string;
  better: Better;
  group: string;
  units?: Words;
  sections?: Words;
}

export interface City {
  name: string;
  names?: Words;
  bbox: [number, number, number, number];
  center: LonLat;
  currency: string;
  time_zone: string;
  window?: [number | string, number | string];
  periods: Period[];
  vehicle_types: { key: string; label: Words; places?: number }[];
  catalogue: Kind[];
  reference: { name: string; hash: string; note: string; badge: Badge } | null;
  indicators: Indicator[];
  places?: Row[];
  tiles?: string;
  date?: string;
}

export interface Effect {
  indicator: string;
  unit: string;
  before: number | null;
  after: number | null;
  change: number | null;
  low: number | null;
  high: number | null;
  badge: Badge;
  better: Better;
  group: string;
  place: string;
  method: string;
  source: string;
  not_modelled: string;
}

export interface Appraisal {
  effects: Effect[];
  zones: Row[];
  places: Row[];
  lines: Row[];
  provenance: Record<string, unknown>;
  words?: { methods?: Record<string, string>; not_modelled?: Record<string, string> };
  assumptions: (string | { sentence?: string; message?: string; code?: string })[];
}

export interface EffectsAnswer {
  sequence: number;
  seconds: number;
  sentences: string[];
  appraisal: Appraisal;
}

export interface DrawnWay {
  geometry: LonLat[];
  stops: string[];
  minutes: number[];
  km: number;
}

export interface Drawn {
  forward: DrawnWay;
  backward: DrawnWay | null;
  new_stops: { stop_id: string; lon: number; lat: number; name: string }[];
}

export interface Progress {
  note?: string;
  done?: number;
  total?: number | null;
}

export interface Better1 {
  found_at: number;
  name: string;
  changes: Change[];
  effects?: Effect[];
}

export interface Job {
  state: string;
  progress?: Progress;
  message?: string;
  better: Better1[];
}

export interface Alternative {
  id: string;
  name: string;
  version: number;
  changes: Change[];
  note?: string;
  by?: string;
  at?: string;
  run?: Run | null;
}

export interface Run {
  id?: string;
  state: string;
  version?: number;
  stage?: string;
  note?: string;
  done?: number;
  total?: number;
  message?: string;
  url?: string;
}

export interface Study {
  ref: string;
  title: string;
  state: string;
  url?: string;
  alternatives: Alternative[];
}

export interface Boot {
  language: Language;
  csrf: string;
  urls: Record<string, string>;
  city: string;
  study: string | null;
  alternative: string | null;
  person: string;
  /** The proposal that is being modelled, where the page was opened from one. */
  measure?: { ref: string; title: string } | null;
}
