/** By SKU: the name, and the description. */
export type SampleTexts = Readonly<Record<string, readonly [name: string, description: string]>>;
