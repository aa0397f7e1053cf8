// The trace as objects, what of it is to be seen, and where on the vertical axis it stands. Nothing here draws.
const kGroups = [
  {id: 'data', name: 'Data', color: '--request', kinds: ['data'], on: true},
  {id: 'open', name: 'Open', color: '--open', kinds: ['connect', 'accept', 'connect_failed'], on: true},
  {id: 'end', name: 'End', color: '--end', kinds: ['fin', 'rst', 'close'], on: true},
  {id: 'ack', name: 'Acks', color: '--ack', kinds: ['confirm', 'window'], on: false},
  {id: 'fault', name: 'Faults', color: '--fault', kinds: ['fault_on', 'fault_off'], on: true},
  {id: 'note', name: 'Notes', color: '--note', kinds: ['note'], on: true},
  {id: 'log', name: 'Log', color: '--log', kinds: ['log'], on: true},
  {id: 'access', name: 'Access log', color: '--access', kinds: ['access'], on: false},
];
const kRoles = ['clients', 'proxy', 'backends'];
const kWholeMax = 4e6;       // pixels: beyond that browsers lose precision

const model = (() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const sum = list => { let at = 0; return list.map(step => at += step); };
  const times = sum(data.rows.time), events = sum(data.rows.event);
  const lanes = data.lanes.map(([name, host, role], number) => ({number, name, host, role}));
  const connections = data.connections.map(([id, client, server, from, to], number) =>
    ({number, id, lanes: [client, server], addresses: [from, to]}));

  const decoded = new Map();
  function bytes(number) {  // as a string with one character for each byte
    if (number < 0) return '';
    if (!decoded.has(number)) {
      const text = data.strings[number];
      decoded.set(number, text[0] === 'b' ? atob(text.slice(1)) : text.slice(1));
    }
    return decoded.get(number);
  }
  const lanesOf = host => lanes.filter(lane => lane.host === host);
  const laneName = number => number < 0 ? '?' : lanes[number].name;

  function title(bytes, size) {
    const line = /^([A-Z]{3,12} [^ \r\n]+) HTTP\/1\.[01]\r?\n/.exec(bytes);
    if (line) return line[1];
    const status = /^HTTP\/1\.[01] (\d{3}[^\r\n]*)/.exec(bytes);
    return status ? status[1] : size + ' B';
  }

  const items = [];
  for (const [kindNumber, connection, from, sent, arrived, offset, size, text] of data.messages) {
    const kind = data.kinds[kindNumber], about = connections[connection];
    const item = {kind, packet: true, connection, from, sent, arrived, offset, size, text,
      lane: about.lanes[from], to: about.lanes[1 - from], row: sent >= 0 ? sent : arrived};
    switch (kind) {
      case 'data': item.look = from === 0 ? 'request' : 'answer'; item.label = title(bytes(text), size); break;
      case 'connect': item.look = 'open'; item.label = offset > 0 ? 'SYN again' : 'SYN'; break;
      case 'accept': item.look = 'open'; item.label = 'SYN ACK'; break;
      case 'confirm': item.look = 'ack'; item.label = 'ACK'; break;
      case 'window': item.look = 'ack'; item.label = 'window to ' + offset; break;
      case 'fin': item.look = 'end'; item.label = 'FIN'; break;
      default: item.look = 'reset'; item.label = 'RST';
    }
    items.push(item);
  }
  const faults = [], open = new Map();
  for (const [kindNumber, row, lane, connection, text, who] of data.marks) {
    const kind = data.kinds[kindNumber];
    const item = {kind, packet: false, connection, from: 0, sent: row, arrived: row, size: 0, text, lane, to: lane, row,
      label: bytes(text), look: {log: 'log', access: 'access', note: 'note', connect_failed: 'reset'}[kind] || 'end',
      who: who === undefined ? laneName(lane) : bytes(who)};
    if (kind === 'close') item.label = 'closes';
    if (kind === 'connect_failed') item.label = 'cannot connect: ' + item.label;
    if (kind === 'violation') item.label = item.who + ': ' + item.label;
    if (kind === 'fault_on') {
      const fault = {item, name: item.label, who: item.who, begin: row, end: times.length - 1, healed: false};
      const key = fault.name + '\n' + fault.who;
      if (!open.has(key)) open.set(key, []);
      open.get(key).push(fault);
      faults.push(fault);
    } else if (kind === 'fault_off') {
      const fault = (open.get(item.label + '\n' + item.who) || []).shift();
      if (fault) { fault.end = row; fault.healed = true; fault.off = item; }
    }
    items.push(item);
  }
  items.sort((a, b) => a.row - b.row);
  items.forEach((item, number) => {
    item.number = number;
    item.group = (kGroups.find(group => group.kinds.includes(item.kind)) || {}).id;
  });
  const violation = items.find(item => item.kind === 'violation') || null;

  const filter = {
    text: '', connection: -1, hidden: new Set(), groups: new Set(kGroups.filter(g => g.on).map(g => g.id)),
    folded: new Set(),  // hosts that are one lane
  };

  function matches(item, text) {
    if (item.haystack === undefined) {
      const about = item.connection >= 0 ? connections[item.connection] : null;
      item.haystack = [item.label, item.kind, bytes(item.text), item.who || '',
        laneName(item.lane), laneName(item.to), about ? '#' + about.id + ' ' + about.addresses.join(' ') : ''].join('\n').toLowerCase();
    }
    return item.haystack.includes(text);
  }
  function visible() {
    const text = filter.text.toLowerCase();
    const shown = lane => lane < 0 || !filter.hidden.has(lane);
    return items.filter(item => item === violation ||
      (filter.groups.has(item.group) && (filter.connection < 0 || item.connection === filter.connection || item.group === 'fault') &&
       shown(item.lane) && shown(item.to) && (text === '' || matches(item, text))));
  }

  // Even: each event that is seen has a row, and long waits some more. True: by time.
  function layout(shown, {even, zoom, height}) {
    const count = times.length, y = new Float64Array(count), used = new Uint8Array(count);
    for (const item of shown) {
      if (item.sent >= 0) used[item.sent] = item.packet ? 1 : 2;
      if (item.arrived >= 0) used[item.arrived] = item.packet ? 1 : 2;
    }
    let whole = 0;
    if (even) {
      const step = Math.min(14 * 1.25 ** zoom, kWholeMax / Math.max(1, count));
      let last = -1;
      for (let row = 0; row < count; ++row) {
        if (used[row]) {
          if (last >= 0) {  // beside a mark stands a text, and above an arrow: they need some room
            const wait = Math.max(0, times[row] - times[last]) / 1e5;
            whole += step * (used[last] === 2 && used[row] === 1 ? 1.5 : 1) + step * (wait > 1 ? Math.min(3, Math.log10(wait)) : 0);
          }
          last = row;
        }
        y[row] = whole;
      }
    } else if (count > 0) {
      const begin = times[0], span = Math.max(1, times[count - 1] - begin);
      whole = Math.min(kWholeMax, height * 3 * 2 ** zoom);
      for (let row = 0; row < count; ++row) y[row] = Math.max(0, times[row] - begin) / span * whole;
    }
    return {y, used, whole};
  }

  return {data, times, events, lanes, connections, items, faults, violation, filter, bytes, laneName, lanesOf, visible, layout};
})();
