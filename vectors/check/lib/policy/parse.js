// From text to policy: a recursive descent over the grammar of docs/policy.md.
import { readListed } from './attributes.js';
import { at, count, Cursor, ParseError } from './tokens.js';
import { checkLimits, conjunction, MAX_LEAVES, or, threshold } from './tree.js';
import { interval, range, readLiteral, valueOf } from './values.js';

const MAX_TEXT_DEPTH = 128;
const RELATIONS = ['<', '<=', '=', '>=', '>'];

// The tree of a policy. `vocabularies` are those at hand, by label.
export function parsePolicy(text, vocabularies = new Map()) {
  const parser = new Parser(text, vocabularies);
  const root = parser.policy();
  parser.cursor.expect('end');
  at(1, () => checkLimits(root));
  return root;
}

class Parser {
  constructor(text, vocabularies) {
    this.cursor = new Cursor(text);
    this.vocabularies = vocabularies;
    this.depth = 0;
    this.leaves = 0;
  }

  // Leaves are counted as they are written, before comparisons are merged.
  grow(column, leaves) {
    this.leaves += leaves;
    if (this.leaves > MAX_LEAVES) throw new ParseError(column, 'too many leaves');
  }

  // policy = conjunct / disjunct / primary
  policy() {
    const { cursor } = this;
    this.depth += 1;
    if (this.depth > MAX_TEXT_DEPTH) cursor.fail('nested too deep');
    const child = () => ({ column: cursor.token.column, node: this.primary() });
    const children = [child()];
    const gate = cursor.token.type;
    if (gate === 'and' || gate === 'or') while (cursor.advanceIf(gate)) children.push(child());
    if (cursor.token.type === 'and' || cursor.token.type === 'or') cursor.fail('mixed gates');
    this.depth -= 1;
    if (children.length === 1) return children[0].node;
    return gate === 'and' ? conjunction(children) : or(children.map(({ node }) => node));
  }

  // primary = leaf / negation / threshold / "(" policy ")"
  primary() {
    const { type } = this.cursor.token;
    if (type === 'name') return this.leaf();
    if (type === 'word') return this.threshold();
    if (this.cursor.advanceIf('not')) return this.negation();
    this.cursor.expect('(');
    const inner = this.policy();
    this.cursor.expect(')');
    return inner;
  }

  // threshold = number "of" "(" policy *("," policy) ")"
  threshold() {
    const { cursor } = this;
    const { column, text } = cursor.expect('word');
    const k = at(column, () => count(text));
    cursor.expect('of');
    cursor.expect('(');
    const children = [];
    do children.push(this.policy());
    while (cursor.advanceIf(','));
    cursor.expect(')');
    if (k < 1 || k > children.length) throw new ParseError(column, 'no threshold');
    return threshold(k, children);
  }

  // leaf = name / listed / comparison
  leaf() {
    const { column } = this.cursor.token;
    this.grow(column, 1);
    const name = this.cursor.name();
    const { type } = this.cursor.token;
    if (type === '#') return readListed(this.cursor, column, name);
    if (type === 'in') return this.range(name);
    if (RELATIONS.includes(type)) return this.comparison(name);
    const [label] = name.split(':');
    if (name.includes(':') && this.vocabularies.has(label)) {
      throw new ParseError(column, `${label} is a vocabulary`);
    }
    return { name };
  }

  comparison(label) {
    const relation = this.cursor.advance().type;
    const { column, text } = this.cursor.expect('word');
    return { label, interval: at(column, () => interval(relation, valueOf(readLiteral(text)))) };
  }

  range(label) {
    this.cursor.expect('in');
    const { column, text } = this.cursor.expect('word');
    const low = at(column, () => readLiteral(text));
    this.cursor.expect('..');
    const upper = this.cursor.expect('word');
    const high = at(upper.column, () => valueOf(readLiteral(upper.text)));
    return { label, interval: at(column, () => range(low, high)) };
  }

  // negation = "not" (name / listed): the other values of a vocabulary at hand
  negation() {
    const { column } = this.cursor.token;
    const name = this.cursor.name();
    const { type } = this.cursor.token;
    if (type === 'in' || RELATIONS.includes(type)) this.cursor.fail('a negated comparison');
    const colon = name.indexOf(':');
    const negated =
      type === '#'
        ? readListed(this.cursor, column, name)
        : { label: name.slice(0, Math.max(0, colon)), value: name.slice(colon + 1) };
    const others = at(column, () => this.others(negated));
    this.grow(column, others.length);
    return others.length === 1 ? others[0] : or(others);
  }

  others({ label, version, value }) {
    const vocabulary = this.vocabularies.get(label);
    if (!vocabulary) throw new Error('no vocabulary of this label is at hand');
    if (version !== undefined && version !== vocabulary.version) throw new Error('other version');
    if (!vocabulary.values.includes(value)) throw new Error('an unknown value');
    const others = vocabulary.values
      .filter((other) => other !== value)
      .map((other) => ({ label, version: vocabulary.version, value: other }));
    if (others.length === 0) throw new Error('no other value: this can never hold');
    return others;
  }
}
