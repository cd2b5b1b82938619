/** Texts that an expression finds, made from the expression itself: what RE2 has and the recognisers use, and nothing else of it. */
import fc from 'fast-check';

/** Of a repetition without an end, or with a far one: so many more than the least. */
const MORE = 30;
/** Of what a class of Unicode has, some that differ in what an engine may take them for: in one unit and in two, with a fold and without. */
const CLASSES: Readonly<Record<string, readonly string[]>> = {
  Lu: ['A', 'Q', 'Z', 'Ñ', 'Ł', 'Ω', '\u{10400}'],
  L: ['A', 'q', 'Z', 'é', 'ª', '漢', '\u{10428}'],
  Mn: ['\u0301', '\u0336'],
};
/** Of these a class that says what it has not takes what is left. */
const ANY = [...Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)), '\t', '\v', '\u00a0', 'é', '漢', '\u{1f600}'];
const FOLDS: Readonly<Record<string, string>> = { s: '\u017f', k: '\u212a' };

type Text = fc.Arbitrary<string>;

/** @param insensitive letters may be large or small, as far as the expression says nothing else. */
export function samplesOf(source: string, insensitive: boolean): Text {
  const signs = Array.from(source);
  let at = 0;
  const wanted = (sign: string): void => {
    if (signs[at++] !== sign) throw new Error(`${sign} is not at ${at - 1} of ${source}`);
  };
  const number = (): number => {
    let digits = '';
    while (/\d/.test(signs[at] ?? '')) digits += signs[at++];
    return Number(digits);
  };
  const either = (character: string, folds: boolean): Text => {
    const small = character.toLowerCase();
    if (!folds || !/[a-z]/i.test(character)) return fc.constant(character);
    const usual = fc.constantFrom(small, small.toUpperCase());
    return FOLDS[small] ? fc.oneof({ weight: 30, arbitrary: usual }, { weight: 1, arbitrary: fc.constant(FOLDS[small]) }) : usual;
  };

  function alternatives(folds: boolean): Text {
    const all = [sequence(folds)];
    for (; signs[at] === '|'; all.push(sequence(folds))) at += 1;
    return all.length === 1 ? all[0]! : fc.oneof(...all);
  }
  function sequence(folds: boolean): Text {
    const parts: Text[] = [];
    while (at < signs.length && signs[at] !== '|' && signs[at] !== ')') parts.push(repeated(atom(folds)));
    return fc.tuple(...parts).map((texts) => texts.join(''));
  }
  function repeated(text: Text): Text {
    const [least, most] = bounds() ?? [1, 1];
    if (signs[at] === '?' && most !== least) at += 1;
    if (least === 1 && most === 1) return text;
    const last = Math.min(most, least + MORE);
    const times = (minLength: number, maxLength: number): Text => fc.array(text, { minLength, maxLength, size: 'max' }).map((texts) => texts.join(''));
    return fc.oneof(times(least, least), times(least, Math.min(last, least + 3)), times(last, last));
  }
  function bounds(): [number, number] | undefined {
    switch (signs[at]) {
      case '?':
        at += 1;
        return [0, 1];
      case '*':
        at += 1;
        return [0, Number.POSITIVE_INFINITY];
      case '+':
        at += 1;
        return [1, Number.POSITIVE_INFINITY];
      case '{': {
        at += 1;
        const least = number();
        let most = least;
        if (signs[at] === ',') {
          at += 1;
          most = signs[at] === '}' ? Number.POSITIVE_INFINITY : number();
        }
        wanted('}');
        return [least, most];
      }
      default:
        return undefined;
    }
  }
  function atom(folds: boolean): Text {
    const sign = signs[at++]!;
    if (sign === '(') {
      let inside = folds;
      if (signs[at] === '?') {
        const [opening, flag] = /^\?(-?i)?:/.exec(signs.slice(at, at + 4).join(''))!;
        at += opening.length;
        inside = flag === undefined ? folds : flag === 'i';
      }
      const group = alternatives(inside);
      wanted(')');
      return group;
    }
    if (sign === '[') return oneOf(folds);
    if (sign === '^' || sign === '$') return fc.constant('');
    if (sign === '\\') {
      if (signs[at] === 'b') {
        at += 1;
        return fc.constant('');
      }
      const members = escaped();
      return members.length === 1 ? either(members[0]!, folds) : fc.constantFrom(...members);
    }
    if (sign === '.') throw new Error('A dot is not known here.');
    return either(sign, folds);
  }
  /** What stands behind a backslash may be. */
  function escaped(): readonly string[] {
    const sign = signs[at++]!;
    if (sign === 'd') return [...'0123456789'];
    if (sign === 's') return [' ', '\t', '\f'];
    if (sign === 't') return ['\t'];
    if (sign !== 'p' && sign !== 'x') {
      if (/[A-Za-z0-9]/.test(sign)) throw new Error(`\\${sign} is not known here.`);
      return [sign];
    }
    const end = signs.indexOf('}', at);
    const name = signs.slice(at + 1, end).join('');
    at = end + 1;
    return sign === 'p' ? CLASSES[name]! : [String.fromCodePoint(Number.parseInt(name, 16))];
  }
  function oneOf(folds: boolean): Text {
    const not = signs[at] === '^';
    if (not) at += 1;
    const ranges: (readonly string[])[] = [];
    while (signs[at] !== ']') {
      let members: readonly string[];
      if (signs[at] === '\\') {
        at += 1;
        members = escaped();
      } else members = [signs[at++]!];
      if (members.length === 1 && signs[at] === '-' && signs[at + 1] !== ']') {
        at += 1;
        let last = signs[at++]!;
        if (last === '\\') [last] = escaped() as [string];
        const from = members[0]!.codePointAt(0)!;
        members = Array.from({ length: last.codePointAt(0)! - from + 1 }, (_, i) => String.fromCodePoint(from + i));
      }
      ranges.push(members);
    }
    at += 1;
    if (not)
      return fc.constantFrom(...ANY.filter((character) => !ranges.flat().includes(character) && !(folds && ranges.flat().includes(character.toLowerCase()))));
    // Each range as often as the others, so that one sign among the letters is not forgotten.
    return fc.oneof(...ranges.map((members) => fc.constantFrom(...members).chain((character) => either(character, folds))));
  }

  const whole = alternatives(insensitive);
  if (at !== signs.length) throw new Error(`${source} is read as far as ${at}`);
  return whole;
}
