// pseudonym.json: pseudonyms and window keys.
import { equal } from '../lib/bytes.js';
import { decode, encode } from '../lib/codec.js';
import * as series from '../lib/pseudonym.js';

function replay({ inputs, trace, outputs }) {
  const [epoch, index] = [inputs.number('epoch'), inputs.number('index')];
  const root = series.root(inputs.bytes('secret'));
  const doctor = series.doctorNode(root, inputs.bytes('doctor'));
  const nodes = series.cover(doctor, inputs.number('window_from'), inputs.number('window_to'));
  trace.expect({
    root,
    doctor_key: doctor.key,
    path: series.path(doctor, epoch).map(({ key }) => key),
    window_nodes: nodes.map(({ level, prefix }) => `${level}:${prefix}`),
  });

  const pseudonym = series.pseudonym(doctor, epoch, index);
  const inWindow = series.pseudonymInWindow(nodes, epoch, index);
  outputs.expect({
    ...pseudonym,
    window: encode(series.windowType, nodes),
    epoch_in_window: inWindow !== undefined,
  });
  const read = decode(series.windowType, outputs.bytes('window'));
  const again = series.pseudonymInWindow(read, epoch, index);
  const isSame = (name) => equal(again[name], pseudonym[name]);
  if (inWindow && !['name', 'secret'].every(isSame)) {
    outputs.fail(': the decoded window key differs');
  }
}

export default {
  suite: 'EPIONE-V1-PSEUDONYM-SERIES',
  checks: 'tree keys, window keys, pseudonyms',
  replay,
};
