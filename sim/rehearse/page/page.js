// Puts the page together; draws again when the window changes or another service is chosen.
let chosen = -1;  // all services

function head() {
  document.body.className = data.ok ? 'ok' : 'fail';
  const failed = data.expectations.filter(one => !one.ok).length;
  byId('badge').textContent = data.violation ? 'HTTP broken' : data.ok ? 'All expectations hold'
    : `${failed} of ${data.expectations.length} expectations fail`;
  if (data.ok && data.expectations.length === 0) byId('badge').textContent = 'Nothing expected';
  byId('title').textContent = data.scenario;
  document.title = `Rehearsal: ${data.scenario}`;
  byId('facts').textContent = [data.config, `${showMoment(data.duration)} of virtual time`, `seed ${data.seed}`,
    `${showNumber(data.total.requests)} requests`, `${showNumber(data.total.errors)} errors`].join('  ·  ');
}

function expectations() {
  const section = byId('expectations');
  if (data.expectations.length === 0) return;
  section.append(element('h2', {}, 'Expectations'));
  for (const one of data.expectations) {
    const measured = element('div', {class: 'measured'}, one.shown);
    if (!one.ok && data.seeds.length > 1)
      measured.append(element('small', {}, `in ${one.seeds_failed} of ${data.seeds.length} seeds, worst in ${one.seed}`));
    section.append(element('div', {class: one.ok ? 'expectation' : 'expectation fails'},
      element('span', {class: 'verdict'}, one.ok ? '✓ ok' : '✗ FAIL'), element('code', {}, one.expect), measured));
  }
}

function chooser() {
  const names = data.services.map(one => one.name);
  if (names.length < 2) return;
  ['all services', ...names].forEach((name, at) => {
    const button = element('button', {role: 'tab', 'aria-selected': at - 1 === chosen}, name);
    button.addEventListener('click', () => {
      chosen = at - 1;
      for (const other of byId('services').children) other.setAttribute('aria-selected', other === button);
      draw();
    });
    byId('services').append(button);
  });
}

function draw() {
  hovers.length = 0;
  const charts = byId('charts'), strips = byId('strips');
  charts.replaceChildren();
  strips.replaceChildren();
  const columns = chosen < 0 ? data.over_time.all : data.over_time.services[chosen];
  const perSecond = values => values.map(value => value / interval);
  const good = columns.requests.map((value, at) => value - columns.errors[at]);
  faultLane(charts);
  stackChart(charts, 'Requests a second', [
    {name: 'answered well', fill: colour('blue'), opacity: 0.5, values: perSecond(good)},
    {name: 'errors', fill: colour('bad'), values: perSecond(columns.errors)}], showNumber);
  latencyChart(charts, 'Latency', columns);
  const reasons = Object.entries(columns.errors_by_reason).filter(([, values]) => values.some(value => value > 0));
  if (reasons.length > 0)
    stackChart(charts, 'Errors a second, by reason', reasons.map(([name, values], at) =>
      ({name, fill: colour(`c${at % 8}`), values: perSecond(values)})), showNumber, 130);
  for (const backend of data.over_time.backends) backendStrip(strips, backend);
}

function cells(row) {
  const latency = row.latency || {};
  const share = row.requests > 0 ? ` (${showShare(row.errors / row.requests)})` : '';
  return [showNumber(row.requests), `${showNumber(row.per_second)}/s`, row.share === undefined ? '' : showShare(row.share),
    showTime(latency.p50), showTime(latency.p90), showTime(latency.p99), showTime(latency.max),
    row.errors > 0 ? showNumber(row.errors) + share : '0'];
}
function tableRow(row, kind) {
  const made = element('tr', {class: kind}, element('td', {}, row.name));
  for (const cell of cells(row)) made.append(element('td', {}, cell));
  if (row.errors > 0) made.lastChild.className = 'bad';
  return made;
}
function headings(...names) {
  const row = element('tr');
  for (const name of names) row.append(element('th', {}, name));
  return row;
}
function numbers() {
  const table = element('table', {}, headings('', 'requests', 'rate', 'share', 'p50', 'p90', 'p99', 'max', 'errors'));
  for (const service of data.services) {
    table.append(tableRow(service, 'service'));
    if (service.recorded) table.append(tableRow({...service.recorded, name: 'as recorded'}, 'backend'));
    for (const backend of service.backends) table.append(tableRow(backend, 'backend'));
  }
  if (data.services.length > 1) {
    table.append(tableRow({...data.total, name: 'all services'}, 'service'));
    if (data.total.recorded) table.append(tableRow({...data.total.recorded, name: 'as recorded'}, 'backend'));
  }
  byId('numbers').append(element('h2', {}, 'Services and backends'), element('div', {class: 'scroll'}, table));
  const reasons = Object.entries(data.total.errors_by_reason);
  if (reasons.length === 0) return;
  const line = element('p', {class: 'reasons'}, 'Errors by reason: ');
  reasons.forEach(([name, number], at) =>
    line.append(at > 0 ? ', ' : '', `${name} `, element('b', {}, showNumber(number))));
  byId('numbers').append(line);
}

function seeds() {
  if (data.seeds.length < 2) return;
  const table = element('table', {}, headings('seed', 'requests', 'errors', 'p99', 'failed expectations'));
  for (const one of data.seeds) {
    const row = element('tr', {}, element('td', {}, `${one.seed}${one.seed === data.seed ? ' (shown)' : ''}`));
    for (const cell of [showNumber(one.requests), showNumber(one.errors), showTime(one.p99), one.failed])
      row.append(element('td', {}, `${cell}`));
    if (one.failed > 0) row.lastChild.className = 'bad';
    table.append(row);
  }
  byId('seeds').append(element('h2', {}, 'Seeds'), element('div', {class: 'scroll'}, table));
}

head();
expectations();
chooser();
draw();
numbers();
seeds();
if (data.notes.length > 0)
  byId('log').append(element('h2', {}, 'The log'), element('pre', {}, data.notes.join('\n')));
if (data.log.length > 0)
  byId('log').append(element('h2', {}, 'What lb said'), element('pre', {}, data.log.join('\n')));
let pending = 0;
addEventListener('resize', () => {
  cancelAnimationFrame(pending);
  pending = requestAnimationFrame(draw);
});
