/** Colours of the map: gain and loss, amounts, lines. */
export const GAIN = ["#9ecae1", "#3182bd", "#08519c"] as const;
export const LOSS = ["#fdbe85", "#f28e2b", "#b84a00"] as const;
export const NEUTRAL = "#efefef";
/** Cividis at six even steps. */
export const AMOUNTS = ["#00224e", "#35456c", "#666970", "#948e77", "#c8b866", "#fee838"] as const;
export const STRESS = ["#7fb7a3", "#c8b866", "#e08a3c", "#8c2f5a"] as const;

/** The largest of 1, 2, 5 times a power of ten that is not above a value. */
export function roundDown(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value) + 1e-9);
  const lead = value / power + 1e-9;
  return (lead >= 5 ? 5 : lead >= 2 ? 2 : 1) * power;
}

/** Three bounds of a scale of gain and loss: above the first something changes, at the last it is a lot. */
export function changeBounds(values: readonly number[], unit: string): [number, number, number] {
  if (unit === "min") return [1, 5, 10];
  const sizes = values.map(Math.abs).filter((value) => value > 0).sort((a, b) => a - b);
  if (!sizes.length) return [1, 5, 10];
  const at = (share: number): number => sizes[Math.min(sizes.length - 1, Math.floor(share * sizes.length))] as number;
  const most = roundDown(at(0.9));
  return [most / 10, most / 2, most];
}

/** The colour of a change; ``clear`` 0 is the neutral that the hatch lies over. */
export function changeColour(value: number, bounds: readonly [number, number, number], less: boolean, clear: number | null): string {
  if (clear === 0) return NEUTRAL;
  const size = Math.abs(value);
  if (size < bounds[0]) return NEUTRAL;
  const ramp = value > 0 === less ? LOSS : GAIN;
  return ramp[size >= bounds[2] ? 2 : size >= bounds[1] ? 1 : 0] as string;
}

/** At most five round bounds between six classes of an amount. */
export function amountBounds(values: readonly number[]): number[] {
  const sorted = values.filter((value) => Number.isFinite(value)).sort((a, b) => a - b);
  if (!sorted.length) return [];
  const bounds: number[] = [];
  for (const share of [0.2, 0.4, 0.6, 0.8, 0.95]) {
    const value = sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number;
    const step = roundDown(Math.abs(value) / 5 || 1);
    const bound = Math.round(value / step) * step;
    if (bound > (sorted[0] as number) && !bounds.includes(bound)) bounds.push(Number(bound.toPrecision(4)));
  }
  return bounds.sort((a, b) => a - b);
}

export function amountColour(value: number, bounds: readonly number[]): string {
  const index = bounds.filter((bound) => value >= bound).length;
  const spread = bounds.length ? Math.round((index * (AMOUNTS.length - 1)) / bounds.length) : 0;
  return AMOUNTS[AMOUNTS.length - 1 - spread] as string;
}

/** Colours of lines: steps of equal lightness, in an order that keeps neighbours apart. */
const HUES = [220, 25, 145, 330, 60, 190, 285, 100, 0, 250, 40, 165] as const;

export function lineColour(index: number, dark: boolean): string {
  const hue = HUES[((index % HUES.length) + HUES.length) % HUES.length] as number;
  return oklch(dark ? 0.76 : 0.5, dark ? 0.12 : 0.13, hue);
}

/** OKLCH as a colour that every browser and the map's own reader understand. */
export function oklch(lightness: number, chroma: number, hue: number): string {
  const a = chroma * Math.cos((hue * Math.PI) / 180);
  const b = chroma * Math.sin((hue * Math.PI) / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const channel = (value: number): string => {
    const linear = Math.min(1, Math.max(0, value));
    const shown = linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055;
    return Math.round(shown * 255).toString(16).padStart(2, "0");
  };
  return `#${channel(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s)}${channel(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s)}${channel(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s)}`;
}
