// Plain drawing: elements, numbers as people read them, and a time axis that all charts share.
'use strict';
const data = JSON.parse(document.getElementById('data').textContent);
const byId = id => document.getElementById(id);
const colour = name => `var(--${name})`;

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}
function shape(parent, name, attributes = {}, text) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  parent.append(made);
  return made;
}

function showTime(seconds) {
  if (seconds === null || seconds === undefined) return '–';
  if (seconds < 1e-3) return `${Math.round(seconds * 1e6)} µs`;
  if (seconds < 0.1) return `${+(seconds * 1e3).toFixed(1)} ms`;
  if (seconds < 1) return `${Math.round(seconds * 1e3)} ms`;
  return `${+seconds.toFixed(2)} s`;
}
function showNumber(number) {
  if (number === null || number === undefined) return '–';
  return number >= 100 || Number.isInteger(number) ? Math.round(number).toLocaleString('en') : number.toFixed(1);
}
function showShare(ratio) {
  return `${+(ratio * 100).toPrecision(ratio < 0.1 ? 2 : 3)} %`;
}
function showMoment(seconds) {
  const whole = Math.floor(seconds / 60), rest = +(seconds - whole * 60).toFixed(2);
  if (whole === 0) return `${rest} s`;
  return rest > 0 ? `${whole}m ${rest}s` : `${whole} min`;
}

// Round steps: 1, 2 or 5 times a power of ten.
function ticks(max, count) {
  const raw = max / count, power = 10 ** Math.floor(Math.log10(raw));
  const step = power * [1, 2, 5, 10].find(factor => factor * power >= raw);
  const found = [];
  for (let value = 0; value <= max * 1.0001; value += step) found.push(+value.toPrecision(12));
  return found;
}

const margin = {left: 62, right: 8};
const interval = data.over_time.interval;
const count = data.over_time.all.requests.length;
const span = data.duration;
function scaleX(width) {
  return time => margin.left + time / span * (width - margin.left - margin.right);
}
function timeAxis(svg, width, y, x) {
  for (const at of ticks(span, Math.max(3, Math.min(10, width / 110))))
    shape(svg, 'text', {x: x(at), y: y + 16, 'text-anchor': at > span * 0.97 ? 'end' : 'middle'}, showMoment(at));
  shape(svg, 'line', {class: 'axis', x1: margin.left, x2: width - margin.right, y1: y, y2: y});
}
function bands(svg, x, top, bottom) {
  for (const fault of data.faults) {
    const left = x(fault.from), right = x(fault.to);
    if (right > left) shape(svg, 'rect', {class: 'band', x: left, y: top, width: right - left, height: bottom - top});
    shape(svg, 'line', {class: 'band-edge', x1: left, x2: left, y1: top, y2: bottom});
    if (right > left) shape(svg, 'line', {class: 'band-edge', x1: right, x2: right, y1: top, y2: bottom});
  }
}

// One vertical line through all charts, and the values there.
const hovers = [];
function follow(svg, width, height, rows) {
  const line = shape(svg, 'line', {class: 'cursor', y1: 0, y2: height, visibility: 'hidden'});
  const x = scaleX(width);
  const hover = {line, x};
  hovers.push(hover);
  svg.addEventListener('pointermove', event => {
    const box = svg.getBoundingClientRect();
    const part = (event.clientX - box.left - margin.left) / (width - margin.left - margin.right);
    const at = Math.floor(part * count);
    if (at < 0 || at >= count) return leave();
    for (const one of hovers) {
      const place = one.x((at + 0.5) * interval);
      one.line.setAttribute('x1', place);
      one.line.setAttribute('x2', place);
      one.line.setAttribute('visibility', 'visible');
    }
    showTip(event, at, rows(at));
  });
  const leave = () => {
    for (const one of hovers) one.line.setAttribute('visibility', 'hidden');
    byId('tip').hidden = true;
  };
  svg.addEventListener('pointerleave', leave);
}
function showTip(event, at, rows) {
  const tip = byId('tip'), time = (at + 0.5) * interval;
  const table = element('table');
  for (const [name, value] of rows) table.append(element('tr', {}, element('td', {}, name), element('td', {}, value)));
  tip.replaceChildren(element('b', {}, showMoment(at * interval)), table);
  for (const fault of data.faults)
    if (fault.from <= time && time < Math.max(fault.to, fault.from + interval))
      tip.append(element('div', {class: 'faults'}, fault.what));
  tip.hidden = false;
  const box = tip.getBoundingClientRect();
  const left = event.clientX + 18 + box.width < innerWidth ? event.clientX + 18 : event.clientX - 18 - box.width;
  tip.style.left = `${Math.max(4, left)}px`;
  tip.style.top = `${Math.max(4, Math.min(event.clientY + 12, innerHeight - box.height - 8))}px`;
}
