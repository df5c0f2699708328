/** Dates of responses. RFC 9051 section 9, date-time. */

/** `"17-Jul-1996 02:44:25 +0000"` with its quotes; UTC. `ms` since 1970. One day's text is remembered. */
export declare function formatInternalDate(ms: number): string;
/** `17-Jul-1996` of days since 1970. */
export declare function formatDay(day: number): string;
