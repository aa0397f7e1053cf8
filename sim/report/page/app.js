// Controls, keys and the mouse: they change the filter or the view and have the chart drawn again.
const app = (() => {
  const {view, svg, scroll, map} = chart, {filter} = model;
  const byId = id => document.getElementById(id);

  function refresh(anchor) {
    chart.refresh(anchor);
    byId('count').textContent = `${view.shown.length.toLocaleString('en')} of ${model.items.length.toLocaleString('en')}`;
  }
  function select(item, scrollTo = false) {
    view.selected = item;
    if (item === null) detail.showRun(); else detail.showItem(item);
    if (scrollTo && item !== null) chart.showRow(item.row);
    chart.draw();
  }
  function showConnection(number) {
    filter.connection = number;
    byId('connection').value = String(number);
    refresh(view.selected ? view.selected.row : undefined);
    if (view.selected) detail.showItem(view.selected);
  }
  function goTo(step) {
    if (view.shown.length === 0) return;
    const row = view.selected ? view.selected.number : -1;
    const list = view.shown;
    let at = list.findIndex(item => item.number >= row);
    if (at < 0) at = list.length - 1;
    const found = view.selected === null ? 0 : list[at] === view.selected ? at + step : step > 0 ? at : at - 1;
    select(list[Math.min(Math.max(found, 0), list.length - 1)], true);
  }
  function zoom(step) {
    view.zoom = Math.min(Math.max(view.zoom + step, -8), view.even ? 10 : 16);
    refresh(view.selected ? view.selected.row : undefined);
  }
  function spacing() {
    view.even = !view.even;
    view.zoom = 0;
    byId('spacing').textContent = view.even ? 'Rows' : 'True time';
    refresh(view.selected ? view.selected.row : undefined);
  }
  function toViolation() {
    if (model.violation) select(model.violation, true);
  }

  function fillHeader() {
    const {data} = model, what = data.facts.find(([label]) => label === 'what');
    byId('verdict').textContent = data.failed ? 'Fail' : 'Passed';
    byId('verdict').classList.toggle('failed', data.failed);
    byId('title').textContent = data.title;
    byId('what').textContent = what ? what[1] : '';
    byId('to-violation').disabled = model.violation === null;
    byId('spacing').textContent = 'Rows';
  }
  function fillConnections() {
    const choice = byId('connection');
    choice.append(detail.element('option', {value: '-1'}, model.connections.length === 1 ? 'The only connection' : `All ${model.connections.length} connections`));
    for (const one of model.connections)
      choice.append(detail.element('option', {value: one.number}, `#${one.id}  ${one.lanes.map(model.laneName).join(' \u2192 ')}`));
    choice.addEventListener('change', () => showConnection(Number(choice.value)));
  }
  function fillKinds() {
    for (const group of kGroups) {
      if (!model.items.some(item => item.group === group.id)) continue;
      const button = detail.element('button', {type: 'button', 'data-group': group.id, 'aria-pressed': filter.groups.has(group.id),
        style: `--dot: var(${group.color})`}, group.name);
      button.addEventListener('click', () => {
        if (!filter.groups.delete(group.id)) filter.groups.add(group.id);
        button.setAttribute('aria-pressed', filter.groups.has(group.id));
        refresh();
      });
      byId('kinds').append(button);
    }
  }
  function fillLanes() {
    const box = (text, checked, change) => {
      const input = detail.element('input', {type: 'checkbox'});
      input.checked = checked;
      input.addEventListener('change', () => { change(input.checked); refresh(); });
      return detail.element('label', {}, input, text);
    };
    const list = byId('lanes');
    kRoles.forEach((name, role) => {
      const lanes = model.lanes.filter(lane => lane.role === role);
      if (lanes.length > 0) list.append(detail.element('h2', {}, name));
      for (const host of new Set(lanes.map(lane => lane.host))) {
        if (model.lanesOf(host).length < 2) continue;
        list.append(box(`${host} in one lane`, filter.folded.has(host), on => {
          if (on) filter.folded.add(host); else filter.folded.delete(host);
        }));
      }
      for (const lane of lanes) {
        const label = box(lane.name, true, on => {
          if (on) filter.hidden.delete(lane.number); else filter.hidden.add(lane.number);
          byId('lanes-summary').textContent = filter.hidden.size > 0 ? `Lanes (${model.lanes.length - filter.hidden.size})` : 'Lanes';
        });
        label.dataset.lane = lane.name;
        list.append(label);
      }
    });
    document.addEventListener('click', event => {
      const menu = list.parentElement;
      if (menu.open && !menu.contains(event.target)) menu.open = false;
    });
  }

  // Press and release, not 'click': a browser gives no click when the chart was drawn anew in between.
  let pressed = false;
  svg.addEventListener('pointerdown', event => { pressed = event.isPrimary && event.button === 0; });
  svg.addEventListener('pointercancel', () => { pressed = false; });
  svg.addEventListener('pointerup', event => {
    if (!pressed) return;
    pressed = false;
    const group = event.target.closest('.item');
    select(group ? model.items[Number(group.dataset.item)] : null);
    scroll.focus({preventScroll: true});
  });
  const mapTo = event => {
    const part = (event.offsetY - 4) / Math.max(1, map.clientHeight - 8);
    scroll.scrollTop = part * view.layout.whole + kHead + 20 - scroll.clientHeight / 2;
  };
  map.addEventListener('pointerdown', event => { map.setPointerCapture(event.pointerId); mapTo(event); });
  map.addEventListener('pointermove', event => { if (event.buttons) mapTo(event); });
  scroll.addEventListener('wheel', event => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    zoom(event.deltaY < 0 ? 1 : -1);
  }, {passive: false});

  let typing = 0;
  byId('search').addEventListener('input', event => {
    clearTimeout(typing);
    typing = setTimeout(() => { filter.text = event.target.value; refresh(); }, 120);
  });
  byId('spacing').addEventListener('click', spacing);
  byId('zoom-in').addEventListener('click', () => zoom(1));
  byId('zoom-out').addEventListener('click', () => zoom(-1));
  byId('to-violation').addEventListener('click', toViolation);
  document.addEventListener('keydown', event => {
    if (event.target.matches('input, select')) {
      if (event.key === 'Escape') event.target.blur();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const keys = {
      '/': () => byId('search').focus(), '+': () => zoom(1), '=': () => zoom(1), '-': () => zoom(-1), 't': spacing, 'v': toViolation,
      'Escape': () => select(null), 'ArrowDown': () => goTo(1), 'ArrowUp': () => goTo(-1), 'j': () => goTo(1), 'k': () => goTo(-1),
    };
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
  new ResizeObserver(() => refresh()).observe(scroll);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => refresh());

  chart.foldToFit();
  fillHeader();
  fillConnections();
  fillKinds();
  fillLanes();
  refresh(null);
  if (model.violation) toViolation(); else detail.showRun();
  document.documentElement.dataset.ready = String(Math.round(performance.now()));
  return {select, showConnection};
})();
