/** What is used of jStat, which brings no types. */
declare module 'jstat' {
  interface Statistics {
    mean(values: readonly number[]): number;
    /** @param isSample divides by n − 1. */
    stdev(values: readonly number[], isSample: boolean): number;
    /** Of the population. */
    skewness(values: readonly number[]): number;
    /** Of the population, in excess of the normal distribution's 3. */
    kurtosis(values: readonly number[]): number;
    readonly normal: {
      cdf(x: number, mean: number, sd: number): number;
      inv(p: number, mean: number, sd: number): number;
    };
  }
  const jstat: { readonly jStat: Statistics };
  export default jstat;
}
