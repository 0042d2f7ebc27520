// A recursive-descent parser for the grammar of docs/policy.md, section 2.
import { readListed } from './attributes.js';
import { at, count, Cursor, ParseError } from './tokens.js';
import { checkLimits, conjunction, MAX_LEAVES, or, threshold } from './tree.js';
import { interval, range, readLiteral, valueOf } from './values.js';

const MAX_PARENTHESES = 127;
const RELATIONS = ['<', '<=', '=', '>=', '>'];

// Returns the tree of a policy. `vocabularies` maps the labels of the known vocabularies to them.
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

  // Counts the leaves of the text, before comparisons are merged.
  countLeaves(column, leaves) {
    this.leaves += leaves;
    if (this.leaves > MAX_LEAVES) throw new ParseError(column, 'the policy has too many leaves');
  }

  // policy = conjunction / disjunction / primary
  policy() {
    const { cursor } = this;
    if (this.depth > MAX_PARENTHESES) cursor.fail('parentheses are nested too deep');
    this.depth += 1;
    const child = () => ({ column: cursor.token.column, node: this.primary() });
    const children = [child()];
    const gate = cursor.token.type;
    if (gate === 'and' || gate === 'or') while (cursor.advanceIf(gate)) children.push(child());
    if (cursor.token.type === 'and' || cursor.token.type === 'or') {
      cursor.fail("'and' and 'or' do not mix; add parentheses");
    }
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
    if (k < 1 || k > children.length) throw new ParseError(column, 'k of n requires 1 <= k <= n');
    return threshold(k, children);
  }

  // leaf = name / listed / comparison
  leaf() {
    const { column } = this.cursor.token;
    this.countLeaves(column, 1);
    const name = this.cursor.name();
    const { type } = this.cursor.token;
    if (type === '#') return readListed(this.cursor, column, name);
    if (type === 'in') return this.range(name);
    if (RELATIONS.includes(type)) return this.comparison(name);
    const [label] = name.split(':');
    if (name.includes(':') && this.vocabularies.has(label)) {
      throw new ParseError(column, `${label} is a vocabulary: write the version of its values`);
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

  // negation = "not" (name / listed); the `or` over the other values of a known vocabulary
  negation() {
    const { column } = this.cursor.token;
    const name = this.cursor.name();
    const { type } = this.cursor.token;
    if (type === 'in' || RELATIONS.includes(type)) {
      this.cursor.fail("'not' does not negate a comparison");
    }
    const colon = name.indexOf(':');
    const negated =
      type === '#'
        ? readListed(this.cursor, column, name)
        : { label: name.slice(0, Math.max(0, colon)), value: name.slice(colon + 1) };
    const others = at(column, () => this.others(negated));
    this.countLeaves(column, others.length);
    return others.length === 1 ? others[0] : or(others);
  }

  others({ label, version, value }) {
    const vocabulary = this.vocabularies.get(label);
    if (!vocabulary) throw new Error(`'not' needs the vocabulary ${label}`);
    if (version !== undefined && version !== vocabulary.version) {
      throw new Error(`the vocabulary has version ${vocabulary.version}`);
    }
    if (!vocabulary.values.includes(value)) throw new Error(`the vocabulary has no value ${value}`);
    const others = vocabulary.values
      .filter((other) => other !== value)
      .map((other) => ({ label, version: vocabulary.version, value: other }));
    if (others.length === 0) throw new Error(`${value} is the only value of ${label}`);
    return others;
  }
}
