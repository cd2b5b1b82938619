/**
 * FHIR R4 resources as the specification's examples, US Core's and Synthea's are: Patient, RelatedPerson, Coverage, Encounter, Observation in Bundles, as one
 * line, pretty-printed, as `jq` and as HL7's own examples write them. Marked are names, days, numbers, telecoms, streets, narratives, photos of persons.
 */
import type { Chance } from '../random.ts';
import { Writing, type CorpusDocument } from '../document.ts';
import { of, put } from './marked.ts';
import { dayIn, iso, person, phoneOf, type Person } from './people.ts';

type Json = string | number | boolean | readonly Json[] | { readonly [key: string]: Json };

const uuid = (chance: Chance): string =>
  [8, 4, 4, 4, 12].map((count) => Array.from({ length: count }, () => chance.pick([...'0123456789abcdef'])).join('')).join('-');

const address = (who: Person): Json => ({
  use: 'home',
  line: [of(who.street)],
  city: of(who.city),
  state: who.state,
  postalCode: of(who.zip),
  country: 'US',
});
const typed = (code: string, display: string): Json => ({
  coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code, display }],
  text: display,
});

function patient(chance: Chance, who: Person): Json {
  const full = `${who.given} ${who.family}`;
  return {
    resourceType: 'Patient',
    id: uuid(chance),
    meta: {
      versionId: '1',
      lastUpdated: `${iso(dayIn(chance))}T08:01:11.123+00:00`,
      profile: ['http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient'],
    },
    ...(chance.next() < 0.5
      ? {
          text: {
            status: 'generated',
            div: `<div xmlns="http://www.w3.org/1999/xhtml">${of(chance.pick([`${full}, MRN ${who.mrn}`, `<p><b>${full}</b> ${who.sex}, born ${iso(who.born)}</p>`]))}</div>`,
          },
        }
      : {}),
    extension: [
      {
        url: 'http://hl7.org/fhir/us/core/StructureDefinition/us-core-race',
        extension: [
          { url: 'ombCategory', valueCoding: { system: 'urn:oid:2.16.840.1.113883.6.238', code: '2106-3', display: 'White' } },
          { url: 'text', valueString: 'White' },
        ],
      },
      ...(chance.next() < 0.5
        ? [{ url: 'http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName', valueString: of(`${who.mother} ${who.maiden}`) }]
        : []),
      ...(chance.next() < 0.5
        ? [{ url: 'http://hl7.org/fhir/StructureDefinition/patient-birthPlace', valueAddress: { city: of(who.city), state: who.state, country: 'US' } }]
        : []),
    ],
    identifier: [
      { use: 'usual', type: typed('MR', 'Medical Record Number'), system: 'http://hospital.example.org', value: of(who.mrn) },
      ...(chance.next() < 0.6 ? [{ type: typed('SS', 'Social Security Number'), system: 'http://hl7.org/fhir/sid/us-ssn', value: of(who.ssn) }] : []),
      ...(chance.next() < 0.4 ? [{ type: typed('DL', "Driver's License"), system: 'urn:oid:2.16.840.1.113883.4.3.25', value: of(who.licence) }] : []),
    ],
    active: true,
    name: [
      {
        use: 'official',
        ...(chance.next() < 0.3 ? { text: of(full) } : {}),
        family: of(who.family),
        given: [of(who.given), ...(chance.next() < 0.5 ? [of(who.middle)] : [])],
        prefix: ['Mr.'],
      },
      ...(chance.next() < 0.3 ? [{ use: 'maiden', family: of(who.maiden), given: [of(who.given)], period: { end: '2002' } }] : []),
    ],
    telecom: [
      { system: 'phone', value: of(phoneOf(chance, who.phone)), use: 'home', rank: 1 },
      ...(chance.next() < 0.5 ? [{ system: 'email', value: of(who.email) }] : []),
    ],
    gender: who.sex === 'M' ? 'male' : 'female',
    birthDate: of(iso(who.born)),
    ...(chance.next() < 0.2
      ? {
          _birthDate: {
            extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/patient-birthTime', valueDateTime: of(`${iso(who.born)}T14:35:45-05:00`) }],
          },
        }
      : {}),
    ...(chance.next() < 0.2 ? { deceasedDateTime: of(`${iso(dayIn(chance))}T01:41:55-05:00`) } : { deceasedBoolean: false }),
    address: [address(who)],
    maritalStatus: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-MaritalStatus', code: 'M', display: 'Married' }], text: 'Married' },
    ...(chance.next() < 0.4
      ? {
          contact: [
            {
              relationship: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0131', code: 'N' }] }],
              name: { family: of(who.maiden), given: [of(who.mother)] },
              telecom: [{ system: 'phone', value: of(phoneOf(chance, who.phone)) }],
              address: address(who),
              gender: 'female',
            },
          ],
        }
      : {}),
    ...(chance.next() < 0.1 ? { photo: [{ contentType: 'image/png', data: of(Buffer.from(chance.digits(48)).toString('base64')) }] } : {}),
    communication: [{ language: { coding: [{ system: 'urn:ietf:bcp:47', code: 'en-US', display: 'English' }], text: 'English' } }],
  };
}

const about = (chance: Chance, who: Person): Json => ({
  reference: `Patient/${uuid(chance)}`,
  ...(chance.next() < 0.6 ? { display: of(`${who.given} ${who.family}`) } : {}),
});

function other(chance: Chance, who: Person): Json {
  return chance.pick<Json>([
    {
      resourceType: 'Coverage',
      id: uuid(chance),
      identifier: [{ system: 'http://insurer.example.com/certificate', value: of(chance.digits(5)) }],
      status: 'active',
      subscriberId: of(who.member),
      beneficiary: about(chance, who),
      payor: [{ display: 'Humana' }],
      class: [{ type: { coding: [{ code: 'plan' }] }, value: 'B37FC', name: 'Full Coverage: Medical, Dental' }],
    },
    {
      resourceType: 'Encounter',
      id: uuid(chance),
      identifier: [{ use: 'official', system: 'http://hospital.example.org/visits', value: of(who.visit) }],
      status: 'finished',
      class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' },
      subject: about(chance, who),
      period: { start: `${iso(dayIn(chance))}T21:01:33-04:00` },
      serviceProvider: { reference: `Organization/${uuid(chance)}`, display: 'WORCESTER OUTPATIENT CLINIC' },
    },
    {
      resourceType: 'Observation',
      id: uuid(chance),
      status: 'final',
      code: { coding: [{ system: 'http://loinc.org', code: '8302-2', display: 'Body Height' }], text: 'Body Height' },
      subject: about(chance, who),
      effectiveDateTime: `${iso(dayIn(chance))}T21:01:33-04:00`,
      valueQuantity: { value: chance.from(140, 200), unit: 'cm', system: 'http://unitsofmeasure.org', code: 'cm' },
    },
    {
      resourceType: 'RelatedPerson',
      id: uuid(chance),
      patient: about(chance, who),
      relationship: [{ coding: [{ code: 'WIFE' }] }],
      name: [{ family: of(who.maiden), given: [of(who.mother)] }],
      telecom: [{ system: 'phone', value: of(phoneOf(chance, who.phone)), use: 'mobile' }],
      birthDate: of(iso(who.born)),
      address: [address(who)],
    },
  ]);
}

export function fhir(chance: Chance): CorpusDocument {
  const who = person(chance);
  const to = new Writing();
  const resources = [patient(chance, who), ...(chance.next() < 0.6 ? [other(chance, who)] : [])];
  const style = chance.pick(['pretty', 'pretty', 'four', 'lines', 'lines', 'official', 'log', 'bundle', 'tab']);
  const bundle: Json = {
    resourceType: 'Bundle',
    type: 'searchset',
    total: resources.length,
    entry: resources.map((resource) => ({ fullUrl: `urn:uuid:${uuid(chance)}`, resource, search: { mode: 'match' } })),
  };
  const one = chance.next() < 0.5;
  const text = {
    pretty: () => JSON.stringify(one ? resources[0] : bundle, null, 2),
    four: () => JSON.stringify(bundle, null, 4),
    tab: () => JSON.stringify(resources[0], null, '\t'),
    // As HL7 prints its examples: a blank before the colon, brackets of lists on one line.
    official: () => JSON.stringify(resources[0], null, 2).replaceAll(/^( *"[^"\n]*"): /gm, '$1 : '),
    lines: () => resources.map((resource) => JSON.stringify(resource)).join('\n'),
    bundle: () => JSON.stringify(bundle),
    log: () => `2026-11-29 04:00:01.220 DEBUG c.u.f.rest.client - POST /fhir body=${JSON.stringify(resources[0])}`,
  }[style as 'pretty']();
  return put(to, 'fhir', text).line().done('fhir');
}
