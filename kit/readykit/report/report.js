'use strict';
// The page can do without: everything is there and opens by itself. This filters, keeps the filter in the address,
// opens the finding that a link leads to, and opens everything for paper.
(() => {
  const form = document.getElementById('filter');
  if (!form) return;
  const rows = [...document.querySelectorAll('.finding')];
  const families = [...document.querySelectorAll('.family')];
  const names = ['status', 'family', 'dimension', 'level', 'words'];
  const told = form.querySelector('output');
  const unfold = document.getElementById('unfold');
  const texts = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));

  const fits = (row, wanted) => names.every((name) => {
    const value = wanted[name];
    if (!value) return true;
    if (name === 'words') return value.toLowerCase().split(/\s+/).every((word) => texts.get(row).includes(word));
    if (name === 'status' && value === 'open') return row.dataset.open === 'yes';
    return row.dataset[name] === value;
  });

  const apply = () => {
    const wanted = Object.fromEntries(names.map((name) => [name, form.elements[name].value.trim()]));
    let count = 0;
    for (const row of rows) {
      row.hidden = !fits(row, wanted);
      count += row.hidden ? 0 : 1;
    }
    for (const family of families) family.hidden = !family.querySelector('.finding:not([hidden])');
    told.textContent = `${count} of ${rows.length} checks are shown`;
    return wanted;
  };

  const keep = () => {
    const wanted = Object.entries(apply()).filter(([, value]) => value);
    history.replaceState(null, '', `#${new URLSearchParams(wanted)}`);
  };

  const follow = () => {
    const hash = decodeURIComponent(location.hash.slice(1));
    const row = rows.find((one) => one.id === hash);
    if (row) {
      if (row.hidden) form.reset();
      apply();
      row.open = true;
      row.querySelector('summary').focus();
      row.scrollIntoView();
    } else if (hash.includes('=')) {
      const wanted = new URLSearchParams(location.hash.slice(1));
      for (const name of names) {
        const field = form.elements[name];
        const value = wanted.get(name) || '';
        field.value = !field.options || [...field.options].some((one) => one.value === value) ? value : '';
      }
      apply();
      form.scrollIntoView();
    } else apply();
  };

  let before = null;
  form.hidden = false;
  form.addEventListener('input', keep);
  form.addEventListener('submit', (event) => event.preventDefault());
  form.addEventListener('reset', () => setTimeout(keep));
  unfold.addEventListener('click', () => {
    const open = unfold.textContent === 'Open all';
    for (const row of rows) if (!row.hidden) row.open = open;
    unfold.textContent = open ? 'Close all' : 'Open all';
  });
  addEventListener('hashchange', follow);
  addEventListener('beforeprint', () => {
    const all = [...document.querySelectorAll('details')];
    before = new Map(all.map((one) => [one, one.open]));
    for (const one of all) one.open = true;
  });
  addEventListener('afterprint', () => {
    for (const [one, open] of before || []) one.open = open;
  });
  follow();
})();
