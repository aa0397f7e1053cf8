// Draws what is in the window, and only that, as SVG.
const kHead = 46, kGutter = 118, kPad = 26, kCharacter = 6.7, kBetween = 112;

const chart = (() => {
  const svg = document.getElementById('chart'), scroll = document.getElementById('scroll');
  const spacer = document.getElementById('spacer'), map = document.getElementById('map');
  const view = {even: true, zoom: 0, shown: [], layout: {y: new Float64Array(0), used: new Uint8Array(0), whole: 0}, selected: null};
  let columns = [], columnOf = [], width = 0;

  const escape = text => text.replace(/[&<>"]/g, c => ({'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;'})[c]);
  const clean = text => text.replace(/[^\x20-\x7e]+/g, ' ');
  const fit = (text, room) => {
    const most = Math.max(0, Math.floor(room / kCharacter));
    return text.length <= most ? text : most < 4 ? '' : text.slice(0, most - 1) + '\u2026';
  };
  const seconds = time => (time / 1e9).toFixed(6).replace(/(\d{3})$/, '\u2009$1');
  function span(time) {
    if (time < 1e3) return time + ' ns';
    if (time < 1e6) return +(time / 1e3).toPrecision(3) + ' \u00b5s';
    if (time < 1e9) return +(time / 1e6).toPrecision(3) + ' ms';
    return +(time / 1e9).toPrecision(4) + ' s';
  }

  // To begin with, hosts are one lane each if all their lanes would not fit, those with the most first.
  function foldToFit() {
    const hosts = [...new Set(model.lanes.map(lane => lane.host))];
    hosts.sort((a, b) => model.lanesOf(b).length - model.lanesOf(a).length);
    let count = model.lanes.length;
    for (const host of hosts) {
      if (kGutter + 2 * kPad + (count + 1) * kBetween <= scroll.clientWidth || model.lanesOf(host).length < 2) return;
      model.filter.folded.add(host);
      count -= model.lanesOf(host).length - 1;
    }
  }

  // Lanes that nothing is to be seen of are left out; folded, a host has one.
  function arrangeLanes() {
    const seen = new Set();
    for (const item of view.shown) {
      if (item.lane >= 0) seen.add(item.lane);
      if (item.to >= 0) seen.add(item.to);
    }
    columns = [];
    columnOf = new Array(model.lanes.length).fill(-1);
    for (const lane of model.lanes) {
      if (!seen.has(lane.number)) continue;
      const folded = model.filter.folded.has(lane.host) && columns.find(column => column.host === lane.host);
      const column = folded || {name: lane.name, host: lane.host, role: lane.role, count: 0};
      if (!folded) columns.push(column);
      if (++column.count > 1) column.name = lane.host;
      columnOf[lane.number] = columns.indexOf(column);
    }
    const inner = scroll.clientWidth - kGutter - 2 * kPad;
    const between = columns.reduce((sum, column, i) => sum + (i === 0 ? 0 : column.role === columns[i - 1].role ? 1 : 1.8), 0);
    const unit = Math.max(columns.length > 12 ? 84 : kBetween, between > 0 ? (inner - 80) / between : 0);
    let x = kGutter + kPad + 40;
    columns.forEach((column, i) => {
      if (i > 0) x += unit * (column.role === columns[i - 1].role ? 1 : 1.8);
      column.x = x;
      column.half = Math.min(46, unit / 2 - 4);
    });
    width = Math.max(scroll.clientWidth, x + 40 + kPad);
  }
  const xOf = lane => lane < 0 || columnOf[lane] < 0 ? null : columns[columnOf[lane]].x;

  function refresh(anchor) {
    const before = anchor === undefined ? centreRow() : anchor;
    view.shown = model.visible();
    view.layout = model.layout(view.shown, {even: view.even, zoom: view.zoom, height: Math.max(300, scroll.clientHeight)});
    arrangeLanes();
    spacer.style.width = width + 'px';
    spacer.style.height = kHead + view.layout.whole + 120 + 'px';
    if (before !== null) showRow(before);
    drawMap();
    draw();
  }
  const top = () => scroll.scrollTop - kHead - 20;  // the layout's y at the window's upper edge
  function centreRow() {
    const {y} = view.layout, wanted = top() + scroll.clientHeight / 2;
    if (y.length === 0 || scroll.scrollTop === 0) return null;
    let low = 0, high = y.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (y[middle] < wanted) low = middle + 1; else high = middle;
    }
    return low;
  }
  function showRow(row) {
    scroll.scrollTop = view.layout.y[row] + kHead + 20 - scroll.clientHeight / 2;
  }

  function ends(item) {
    const {y} = view.layout;
    const y1 = item.sent >= 0 ? y[item.sent] : y[item.arrived] - 12;
    return [y1, item.arrived >= 0 ? y[item.arrived] : y1 + 8];
  }

  function drawMessage(item, y1, y2, labels) {
    const x1 = xOf(item.lane), from = x1, to = xOf(item.to);
    if (from === null || to === null) return '';
    const lost = item.arrived < 0, way = to > from ? 1 : -1;
    const x2 = lost ? from + (to - from) * .55 : to;
    const length = Math.hypot(x2 - x1, y2 - y1) || 1, ux = (x2 - x1) / length, uy = (y2 - y1) / length;
    const tip = lost ? `M${x2 - 4},${y2 - 4}l8,8m0,-8l-8,8` :
      `M${x2},${y2}l${-9 * ux - 3.6 * uy},${-9 * uy + 3.6 * ux}l${7.2 * uy},${-7.2 * ux}z`;
    const key = Math.min(x1, to) + '/' + way;
    let label = '';
    if (item === view.selected || !(y1 - labels.get(key) < 10.5)) {
      const name = columns[columnOf[item.lane]].count > 1 ? model.laneName(item.lane) + '  ' : '';
      const text = fit(clean(name + item.label), Math.abs(to - from) - 26);
      if (text !== '') {
        labels.set(key, y1);
        label = `<text x="${x1 + 10 * way}" y="${y1 - 3}" text-anchor="${way > 0 ? 'start' : 'end'}">${escape(text)}</text>`;
      }
    }
    return `<line class="hit" x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}"/><line class="stroke" x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}"/>` +
      `<path class="tip" d="${tip}"${lost ? ' stroke="currentColor" stroke-width="1.6"' : ''}/>${label}`;
  }

  function drawMark(item, y, labels) {
    const x = xOf(item.lane) ?? kGutter + 8, key = 'mark' + x;
    let label = '';
    if (item.kind !== 'close' && (item === view.selected || !(y - labels.get(key) < 11))) {
      labels.set(key, y);
      const right = width - x - 30, way = right < 260 && x - kGutter > right ? -1 : 1;  // to where there is room
      const text = fit(clean(item.label).slice(0, 110), way > 0 ? right : x - kGutter - 30);
      label = `<text x="${x + 9 * way}" y="${y + 3.5}" text-anchor="${way > 0 ? 'start' : 'end'}">${escape(text)}</text>`;
    }
    const shape = item.kind === 'close' ? `<path class="tip" stroke="currentColor" stroke-width="1.8" d="M${x - 3.5},${y - 3.5}l7,7m0,-7l-7,7"/>` :
      `<circle class="tip" cx="${x}" cy="${y}" r="3.6"/>`;
    return `<title>${escape(clean(item.who + ' ' + item.label))}</title><line class="hit" x1="${x - 6}" y1="${y}" x2="${x + 6}" y2="${y}"/>${shape}${label}`;
  }

  function drawFaults(low, high, shift) {
    const {y} = view.layout, parts = [], taken = new Map();
    if (!model.filter.groups.has('fault')) return '';
    for (const fault of model.faults) {
      const y1 = y[fault.begin], y2 = Math.max(y[fault.end], y1 + 3);
      if (y2 < low || y1 > high) continue;
      let struck = columns.filter(column => column.host === fault.who || column.name === fault.who);
      const everywhere = struck.length === 0;
      if (everywhere) struck = [{x: (kGutter + width) / 2, half: (width - kGutter) / 2 - 4}];
      struck.forEach((column, i) => {
        const x = column.x - column.half, w = 2 * column.half;
        parts.push(`<g class="item same" data-item="${fault.item.number}"><title>${escape(fault.name + ' ' + fault.who)}</title><rect class="band" x="${x}" y="${y1}" width="${w}" height="${y2 - y1}"/>` +
          `<line class="edge" x1="${x}" y1="${y1}" x2="${x}" y2="${y2}"/>`);
        const slot = taken.get(x) || 0;
        if (i === 0) {
          const at = Math.min(Math.max(y1, low + kHead + 32) + 13 + slot * 14, Math.max(y2 - 3, y1 + 13 + slot * 14));
          parts.push(`<text class="fault" x="${x + 6}" y="${at}">${escape(fault.name)}${everywhere && fault.who ? ' ' + escape(fault.who) : ''}</text>`);
          taken.set(x, slot + 1);
        }
        parts.push('</g>');
      });
    }
    return `<g transform="translate(0,${shift})">${parts.join('')}</g>`;
  }

  function drawTimes(low, high) {
    const {y, used} = view.layout, parts = [];
    let drawn = -1e9, previous = -1;
    for (let row = 0; row < y.length; ++row) {
      if (!used[row]) continue;
      if (y[row] > high) break;
      if (y[row] >= low) {
        const wait = previous < 0 ? 0 : model.times[row] - model.times[previous];
        if (view.even && wait >= 1e6 && y[row] - y[previous] > 20) {
          const middle = (y[row] + y[previous]) / 2;
          parts.push(`<text class="gap" x="${kGutter - 12}" y="${middle + 3}">+${span(wait)}</text>` +
            `<line class="gapline" x1="${kGutter}" x2="${width}" y1="${middle}" y2="${middle}"/>`);
          drawn = Math.max(drawn, middle - 2);
        }
        if (y[row] - drawn >= 13) {
          parts.push(`<text class="time" x="${kGutter - 12}" y="${y[row] + 4}">${seconds(model.times[row])}</text>`);
          drawn = y[row];
        }
      }
      previous = row;
    }
    return parts.join('');
  }

  function drawHead(left) {
    const parts = [`<rect class="head" x="${left}" y="0" width="${scroll.clientWidth}" height="${kHead}"/>` +
      `<line class="rule" x1="${left}" x2="${left + scroll.clientWidth}" y1="${kHead}" y2="${kHead}"/>`];
    for (let role = 0; role < kRoles.length; ++role) {
      const group = columns.filter(column => column.role === role);
      if (group.length === 0) continue;
      parts.push(`<text class="role" x="${(group[0].x + group.at(-1).x) / 2}" y="16">${kRoles[role].toUpperCase()}</text>`);
    }
    for (const column of columns)
      parts.push(`<text class="name" x="${column.x}" y="35">${escape(fit(column.name, 2 * column.half + 24))}</text>`);
    parts.push(`<rect class="head" x="${left}" y="0" width="${kGutter - 40}" height="${kHead - 1}"/><text x="${left + 18}" y="35">seconds</text>`);
    return parts.join('');
  }

  let pending = 0;
  function drawSoon() {
    if (!pending) pending = requestAnimationFrame(() => { pending = 0; draw(); });
  }
  function draw() {
    const height = scroll.clientHeight, left = scroll.scrollLeft;
    const low = top() - 30, high = top() + height + 30, shift = -top();
    svg.setAttribute('width', scroll.clientWidth);
    svg.setAttribute('height', height);
    svg.setAttribute('viewBox', `${left} 0 ${scroll.clientWidth} ${height}`);
    svg.classList.toggle('chosen', view.selected !== null && view.selected.connection >= 0);
    const parts = [drawFaults(low, high, shift)];
    for (const column of columns) parts.push(`<line class="lane" x1="${column.x}" x2="${column.x}" y1="${kHead}" y2="${height}"/>`);
    parts.push(`<g transform="translate(0,${shift})">`, drawTimes(low, high));
    const labels = new Map();
    let wrong = '';
    for (const item of view.shown) {
      const [y1, y2] = ends(item);
      if (Math.max(y1, y2) < low || Math.min(y1, y2) > high || item.group === 'fault') continue;
      if (item.kind === 'violation') {
        wrong += `<g class="item wrong" data-item="${item.number}"><rect x="${kGutter}" y="${y1 - 2}" width="${width - kGutter}" height="24"/>` +
          `<line x1="${kGutter}" x2="${width}" y1="${y1 - 2}" y2="${y1 - 2}"/><text x="${left + kGutter + 10}" y="${y1 + 15}">${escape(fit(clean(item.label), scroll.clientWidth - kGutter - 20))}</text></g>`;
        continue;
      }
      const body = item.packet ? drawMessage(item, y1, y2, labels) : drawMark(item, y1, labels);
      if (body === '') continue;
      const same = view.selected !== null && item.connection >= 0 && item.connection === view.selected.connection;
      parts.push(`<g class="item ${item.look}${item.packet && item.arrived < 0 ? ' lost' : ''}${same ? ' same' : ''}` +
        `${item === view.selected ? ' selected' : ''}" data-item="${item.number}">${body}</g>`);
    }
    parts.push(wrong, '</g>', drawHead(left));
    svg.innerHTML = parts.join('');
    drawMapWindow();
  }

  // The whole run at the right: every event a stroke, faults and the violation on top.
  function drawMap() {
    const canvas = map.querySelector('canvas'), ratio = devicePixelRatio || 1, w = map.clientWidth, h = map.clientHeight;
    if (w === 0) return;
    canvas.width = w * ratio;
    canvas.height = h * ratio;
    const pen = canvas.getContext('2d'), style = getComputedStyle(document.documentElement), colors = new Map();
    const color = name => {
      if (!colors.has(name)) colors.set(name, style.getPropertyValue(name));
      return colors.get(name);
    };
    pen.scale(ratio, ratio);
    const {y, whole} = view.layout, at = row => 4 + y[row] / Math.max(1, whole) * (h - 8);
    pen.fillStyle = color('--fault-fill');
    if (model.filter.groups.has('fault'))
      for (const fault of model.faults) pen.fillRect(0, at(fault.begin), w, Math.max(2, at(fault.end) - at(fault.begin)));
    const scale = (w - 8) / Math.max(1, width - kGutter);
    for (const item of view.shown) {
      if (item.group === 'fault' || item.kind === 'violation') continue;
      const from = xOf(item.lane) ?? kGutter, to = xOf(item.to) ?? from;
      pen.fillStyle = color('--' + item.look);
      pen.globalAlpha = item.look === 'reset' ? 1 : .4;
      pen.fillRect(4 + (Math.min(from, to) - kGutter) * scale, at(item.row), Math.max(2, Math.abs(to - from) * scale), 1);
    }
    pen.globalAlpha = 1;
    pen.fillStyle = color('--wrong');
    if (model.violation) pen.fillRect(0, at(model.violation.row) - 1, w, 3);
  }
  function drawMapWindow() {
    const h = map.clientHeight, scale = (h - 8) / Math.max(1, view.layout.whole), box = document.getElementById('map-window').style;
    const begin = Math.min(h - 8, Math.max(0, top()) * scale + 2);
    box.top = begin + 'px';
    box.height = Math.max(6, Math.min(h - begin - 2, scroll.clientHeight * scale)) + 'px';
  }

  scroll.addEventListener('scroll', drawSoon, {passive: true});
  return {view, svg, scroll, map, foldToFit, refresh, draw, showRow, seconds, span, clean, escape};
})();
