// The panel at the right: the run, or the event that was clicked with its bytes.
const detail = (() => {
  const panel = document.getElementById('detail');
  const kHexRow = 8, kHexMax = 16384, kStreamMax = 200000;  // bytes that are written out at once
  let tab = 'Text', previous = null;

  function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (key.startsWith('on')) made.addEventListener(key.slice(2), value); else made.setAttribute(key, value);
    }
    made.append(...children);
    return made;
  }
  function facts(pairs) {
    const list = element('dl');
    for (const [label, text] of pairs) {
      const look = label === 'bytes' ? 'bytes' : label === 'replay' || label === 'smaller' ? 'command' : '';
      list.append(element('dt', {}, label), element('dd', {class: look}, String(text)));
    }
    return list;
  }

  // Text as it came; what cannot be seen is shown faintly.
  function textOf(bytes) {
    const out = element('pre', {class: 'text'});
    for (const piece of bytes.match(/\r?\n|[\x20-\x7e\t]+|[^\x20-\x7e\t\n]+/g) || []) {
      if (/^\r?\n$/.test(piece)) {
        out.append(element('span', {class: 'c'}, piece.length > 1 ? '\u21b5' : '\u2193'), '\n');
      } else if (/^[\x20-\x7e\t]/.test(piece)) {
        out.append(piece);
      } else {
        out.append(element('span', {class: 'c'}, '\u00b7'.repeat(piece.length)));
      }
    }
    return out;
  }
  function hexOf(bytes, offset) {
    const lines = [];
    for (let at = 0; at < Math.min(bytes.length, kHexMax); at += kHexRow) {
      const row = bytes.slice(at, at + kHexRow);
      const hex = Array.from(row, c => c.charCodeAt(0).toString(16).padStart(2, '0'));
      lines.push((offset + at).toString(16).padStart(8, '0') + '  ' + hex.join(' ').padEnd(3 * kHexRow - 1) + '  ' +
        row.replace(/[^\x20-\x7e]/g, '.'));
    }
    return element('pre', {class: 'hex'}, lines.join('\n'));
  }
  // Both directions of the connection, in the order in which they were sent.
  function streamOf(item) {
    const out = element('pre', {class: 'text'});
    let length = 0;
    for (const one of model.items) {
      if (one.connection !== item.connection || one.kind !== 'data' || one.sent < 0) continue;
      const bytes = model.bytes(one.text);
      if ((length += bytes.length) > kStreamMax) {
        out.append(element('span', {class: 'c'}, '\n(the rest is in the other files)'));
        break;
      }
      const part = element('span', {class: one.look});
      part.append(bytes.replace(/\r/g, '').replace(/[^\x20-\x7e\t\n]/g, '\u00b7'));
      if (bytes.length < one.size) part.append(element('span', {class: 'c'}, `(${one.size - bytes.length} B more)`));
      out.append(part);
    }
    return out;
  }

  function bytesOf(item) {
    const bytes = model.bytes(item.text), tabs = element('div', {class: 'tabs', role: 'tablist'}), body = element('div');
    const kinds = {Text: () => textOf(bytes), Hex: () => hexOf(bytes, item.offset), Conversation: () => streamOf(item)};
    const show = name => {
      tab = name;
      for (const button of tabs.children) button.setAttribute('aria-selected', button.textContent === name);
      body.replaceChildren(kinds[name]());
      if (name !== 'Conversation' && bytes.length < item.size)
        body.append(element('p', {class: 'cut'}, `The first ${bytes.length} of ${item.size} bytes; the pcap file has them all.`));
    };
    for (const name of Object.keys(kinds)) tabs.append(element('button', {type: 'button', role: 'tab', onclick: () => show(name)}, name));
    show(tab);
    return [tabs, body];
  }

  function showItem(item) {
    const about = item.connection >= 0 ? model.connections[item.connection] : null, pairs = [];
    const from = model.laneName(item.lane), to = model.laneName(item.to);
    const when = row => `${chart.seconds(model.times[row])} s  (event ${model.events[row]})`;
    if (item.packet) {
      pairs.push(['from', from], ['to', to]);
      if (item.sent >= 0) pairs.push(['sent', when(item.sent)]);
      pairs.push(['arrived', item.arrived >= 0 ? when(item.arrived) : 'never, or after the end of the trace']);
      if (item.sent >= 0 && item.arrived >= 0) pairs.push(['under way', chart.span(model.times[item.arrived] - model.times[item.sent])]);
      if (item.kind === 'data') pairs.push(['bytes at', `${item.offset} \u2026 ${item.offset + item.size}`]);
    } else {
      pairs.push([item === model.violation ? 'rule' : 'who', item.who], ['when', when(item.row)]);
      const fault = model.faults.find(one => one.item === item || one.off === item);
      if (fault) pairs.push(['lasts', fault.healed ? chart.span(model.times[fault.end] - model.times[fault.begin]) : 'until the end of the trace']);
    }
    if (previous && previous !== item)
      pairs.push(['since the last one clicked', chart.span(Math.abs(model.times[item.row] - model.times[previous.row]))]);
    previous = item;
    if (about) pairs.push(['connection', `#${about.id}   ${about.addresses[0]} \u2192 ${about.addresses[1]}`]);
    const name = item.kind === 'data' ? `${item.size} bytes` : item.kind.replace('_', ' ');
    panel.replaceChildren(element('h2', {}, item.packet ? `${item.label}` : name), facts(pairs));
    if (item === model.violation) panel.append(element('h3', {}, 'Run'), facts(model.data.facts));
    if (about) {
      const only = model.filter.connection === item.connection;
      panel.append(element('div', {class: 'actions'},
        element('button', {type: 'button', onclick: () => app.showConnection(only ? -1 : item.connection)},
          only ? 'Show all connections' : 'Only this connection'),
        element('button', {type: 'button', onclick: () => app.select(null)}, 'Back to the run')));
    }
    if (item.kind === 'data') {
      panel.append(...bytesOf(item));
    } else if (!item.packet && item.text >= 0 && item !== model.violation) {
      panel.append(element('h3', {}, item.kind.replace('_', ' ')), textOf(item.label));
    }
    panel.scrollTop = 0;
  }

  function showRun() {
    const {data} = model;
    panel.replaceChildren(element('h2', {}, 'This run'), facts(data.facts.map(([label, text]) => [label, text])));
    if (model.faults.length > 0) panel.append(element('h3', {}, 'Faults'), facts(model.faults.slice(0, 60).map(fault =>
      [fault.name, `${fault.who || 'everywhere'}, ${chart.seconds(model.times[fault.begin])} s` +
        (fault.healed ? ` for ${chart.span(model.times[fault.end] - model.times[fault.begin])}` : ', for good')])));
    if (data.left_out > 0) panel.append(element('p', {class: 'cut'},
      `${data.left_out} earlier events are not on this page; the text and JSON files have what the trace kept.`));
    const keys = element('div', {class: 'keys'});
    for (const [key, text] of [['\u2191 \u2193', 'the event before, the one after'], ['/', 'search'], ['+ \u2212', 'zoom'],
      ['t', 'rows or true time'], ['v', 'to the violation'], ['Esc', 'back to the run']])
      keys.append(element('span', {}, element('kbd', {}, key)), element('span', {}, text));
    panel.append(element('h3', {}, 'Keys'), keys);
  }

  return {showItem, showRun, element};
})();
