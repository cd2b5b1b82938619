/** What everybody may read of alerts, also whoever passes a lock page: how many are open. */
export const alertsSentence = (count: number): string => (count === 1 ? '1 alert is open.' : `${count} alerts are open.`);
