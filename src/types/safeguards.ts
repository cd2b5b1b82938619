/**
 * Safeguards that a control of ours, or a setting, supports: 45 CFR part 164 as it is in force (the text of 2013), each with the
 * controls of NIST SP 800-53 that go with it. That a row names one does not show that it is met.
 */
export const safeguards = {
  'activity-review': { citation: '45 CFR 164.308(a)(1)(ii)(D)', controls: 'AU-6' },
  'workforce-termination': { citation: '45 CFR 164.308(a)(3)(ii)(C)', controls: 'PS-4, AC-2(3)' },
  'access-authorization': { citation: '45 CFR 164.308(a)(4)(ii)(B)', controls: 'AC-2, AC-6(7)' },
  'login-monitoring': { citation: '45 CFR 164.308(a)(5)(ii)(C)', controls: 'AC-7, AC-9' },
  'data-backup': { citation: '45 CFR 164.308(a)(7)(ii)(A)', controls: 'CP-9, CP-10' },
  evaluation: { citation: '45 CFR 164.308(a)(8)', controls: '' },
  'workstation-use': { citation: '45 CFR 164.310(b)', controls: '' },
  'access-control': { citation: '45 CFR 164.312(a)(1)', controls: 'AC-3, AC-6' },
  'emergency-access': { citation: '45 CFR 164.312(a)(2)(ii)', controls: 'AC-2(2), CP-2' },
  'automatic-logoff': { citation: '45 CFR 164.312(a)(2)(iii)', controls: 'AC-11, AC-12' },
  encryption: { citation: '45 CFR 164.312(a)(2)(iv)', controls: 'SC-12, SC-13, SC-28(1)' },
  'audit-controls': { citation: '45 CFR 164.312(b)', controls: 'AU-2, AU-3, AU-12' },
  integrity: { citation: '45 CFR 164.312(c)(1)', controls: 'AU-9' },
  'authenticate-ephi': { citation: '45 CFR 164.312(c)(2)', controls: 'AU-9(3), AU-10' },
  authentication: { citation: '45 CFR 164.312(d)', controls: 'IA-2, IA-11' },
} as const;
export type Safeguard = keyof typeof safeguards;
