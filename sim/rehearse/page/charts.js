// The charts: lines or stacked steps over time, the lane of faults, and a strip for each backend.
const gap = 8;  // above the highest value

function frame(parent, title, legend, height) {
  const chart = element('div', {class: 'chart'});
  const names = element('span', {class: 'legend'});
  for (const [name, fill] of legend)
    names.append(element('span', {}, element('i', {style: `background:${fill}`}), name));
  chart.append(element('div', {class: 'head'}, element('b', {}, title), names));
  parent.append(chart);
  const width = Math.max(320, parent.clientWidth);
  const svg = shape(chart, 'svg', {height, viewBox: `0 0 ${width} ${height}`});
  return {svg, width, x: scaleX(width)};
}

function lines(values, x, y) {
  let path = '', open = false;
  values.forEach((value, at) => {
    if (value !== null) path += `${open ? 'L' : 'M'}${x((at + 0.5) * interval).toFixed(1)} ${y(value).toFixed(1)}`;
    open = value !== null;
  });
  return path;
}

function valueAxis(svg, width, marks, y, show) {
  for (const mark of marks) {
    shape(svg, 'line', {class: 'grid', x1: margin.left, x2: width - margin.right, y1: y(mark), y2: y(mark)});
    shape(svg, 'text', {x: margin.left - 8, y: y(mark) + 4, 'text-anchor': 'end'}, show(mark));
  }
}

// Stacked areas of steps: {name, fill, values}.
function stackChart(parent, title, series, show, height = 150) {
  const bottom = height - 22;
  const {svg, width, x} = frame(parent, title, series.map(one => [one.name, one.fill]), height);
  const sums = Array.from({length: count}, (_, at) => series.reduce((sum, one) => sum + one.values[at], 0));
  const max = Math.max(...sums) || 1;
  const y = value => bottom - value / max * (bottom - gap);
  valueAxis(svg, width, ticks(max, 3), y, show);
  bands(svg, x, gap, bottom);
  const base = new Array(count).fill(0);
  for (const one of series) {
    let path = '';
    one.values.forEach((value, at) => {
      if (value === 0) return;
      const left = x(at * interval), right = x((at + 1) * interval);
      path += `M${left.toFixed(1)} ${y(base[at]).toFixed(1)}V${y(base[at] + value).toFixed(1)}H${right.toFixed(1)}V${y(base[at]).toFixed(1)}Z`;
      base[at] += value;
    });
    shape(svg, 'path', {d: path, fill: one.fill, 'fill-opacity': one.opacity || 0.85});
  }
  timeAxis(svg, width, bottom, x);
  follow(svg, width, bottom, at => series.filter(one => one.values[at] > 0 || series.length < 3)
    .map(one => [one.name, show(one.values[at])]));
}

// Latencies on a logarithmic axis: a p50 and a p99 have to be readable at once.
function latencyChart(parent, title, columns) {
  const height = 200, bottom = height - 22;
  const rows = [['max', 'c6', 1], ['p99', 'c0', 1.8], ['p90', 'c1', 1.6], ['p50', 'blue', 1.8]];
  const {svg, width, x} = frame(parent, title, rows.map(([name, fill]) => [name, colour(fill)]), height);
  const all = rows.flatMap(([name]) => columns[name]).filter(value => value > 0);
  if (all.length === 0) all.push(0.001, 0.01);
  const low = Math.log10(Math.min(...all)) - 0.1, high = Math.max(Math.log10(Math.max(...all)), low + 0.5) + 0.05;
  const y = value => bottom - (Math.log10(Math.max(value, 1e-9)) - low) / (high - low) * (bottom - gap);
  const marks = [];
  for (let power = Math.floor(low); power <= high; ++power)
    for (const factor of high - low > 2.5 ? [1] : [1, 2, 5]) {
      const mark = factor * 10 ** power;
      if (Math.log10(mark) >= low && Math.log10(mark) <= high) marks.push(mark);
    }
  valueAxis(svg, width, marks, y, showTime);
  bands(svg, x, gap, bottom);
  for (const [name, fill, thick] of rows)
    shape(svg, 'path', {d: lines(columns[name], x, y), fill: 'none', stroke: colour(fill), 'stroke-width': thick,
      'stroke-linejoin': 'round', 'stroke-opacity': name === 'max' ? 0.6 : 1});
  timeAxis(svg, width, bottom, x);
  follow(svg, width, bottom, at => rows.map(([name]) => [name, showTime(columns[name][at])]));
}

// Which faults were on: a bar each, in as many rows as overlap.
function faultLane(parent) {
  if (data.faults.length === 0) return;
  const rowsUntil = [];
  const width = Math.max(320, parent.clientWidth), x = scaleX(width);
  const placed = data.faults.map(fault => {
    const end = Math.max(x(fault.to), x(fault.from) + 14 + fault.what.length * 6.6);
    let row = rowsUntil.findIndex(until => until <= x(fault.from));
    if (row < 0) row = rowsUntil.length;
    rowsUntil[row] = end + 10;
    return {fault, row};
  });
  const height = rowsUntil.length * 24 + 4;
  const {svg} = frame(parent, 'Faults', [], height);
  for (const {fault, row} of placed) {
    const left = x(fault.from), top = row * 24;
    shape(svg, 'rect', {class: 'fault-bar', x: left, y: top + 17, rx: 2, height: 4,
      width: Math.max(4, x(fault.to) - left)});
    const width_of_text = fault.what.length * 6.6;
    const at_end = left + width_of_text > width - margin.right;
    shape(svg, 'text', {class: 'fault-label', x: at_end ? width - margin.right : left, y: top + 12,
      'text-anchor': at_end ? 'end' : 'start'}, fault.what);
  }
}

// A backend: how many requests it worked on and kept waiting, and when it was not up.
const stateFill = {down: 'c0', refusing: 'c1', hung: 'c2', paused: 'c6'};
function backendStrip(parent, backend) {
  const height = 84, bottom = height - 20;
  const both = backend.working.map((value, at) => value + backend.waiting[at]);
  const max = Math.max(5, ...both);
  const states = [...new Set(backend.state)].filter(state => state !== 'up');
  const legend = [['working', colour('blue')], ['waiting', colour('c1')], ...states.map(state => [state, colour(stateFill[state])])];
  const {svg, width, x} = frame(parent, backend.name, legend, height);
  const y = value => bottom - value / max * (bottom - gap);
  valueAxis(svg, width, [0, max], y, showNumber);
  bands(svg, x, gap, bottom);
  backend.state.forEach((state, at) => {
    if (state !== 'up')
      shape(svg, 'rect', {x: x(at * interval), y: bottom - 5, height: 5, fill: colour(stateFill[state]),
        width: x((at + 1) * interval) - x(at * interval) + 0.5});
  });
  const area = (low, high, fill) => {
    let path = '';
    high.forEach((value, at) => {
      if (value > low[at])
        path += `M${x(at * interval).toFixed(1)} ${y(low[at]).toFixed(1)}V${y(value).toFixed(1)}H${x((at + 1) * interval).toFixed(1)}V${y(low[at]).toFixed(1)}Z`;
    });
    shape(svg, 'path', {d: path, fill, 'fill-opacity': 0.6});
  };
  area(new Array(count).fill(0), backend.working, colour('blue'));
  area(backend.working, both, colour('c1'));
  timeAxis(svg, width, bottom, x);
  follow(svg, width, bottom, at => [['state', backend.state[at]], ['working', showNumber(backend.working[at])],
    ['waiting', showNumber(backend.waiting[at])]]);
}
