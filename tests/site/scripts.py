"""Scripts: what is asked of a page in the browser, as JavaScript functions."""

SCROLL = """
async () => {
  for (let y = 0; y < document.body.scrollHeight; y += 600) {
    scrollTo(0, y);
    await new Promise(done => setTimeout(done, 20));
  }
  scrollTo(0, 0);
}
"""
"""Read to the end, so that what loads late has loaded."""

FACTS = """
() => {
  const all = selector => [...document.querySelectorAll(selector)];
  const text = e =>
    e.getAttribute('aria-label') || e.getAttribute('alt') || e.querySelector('title')?.textContent || '';
  const name = e => e.closest('figure')?.id || e.src || '';
  return {
    shift: window.__shift, cookies: document.cookie,
    keys: [...Object.keys(localStorage), ...Object.keys(sessionStorage)],
    nodes: all('*').length, charts: all('figure.dl-chart').filter(e => !e.querySelector('.dl-images')).length,
    alts: all('figure.dl-chart .dl-plot > svg, figure.dl-chart .dl-plot > img').map(e => [name(e), text(e)]),
    unsized: all('figure svg, article img').filter(e => {
      if (e.closest('.dl-plot svg') !== e && e.matches('svg svg')) return false;
      return !(e.getAttribute('width') && e.getAttribute('height')) && !e.style.width;
    }).map(name),
    terms: all('abbr[title], abbr[data-title], .md-typeset abbr').map(e => [e.textContent, e.tabIndex >= 0]),
  };
}
"""
"""What a page holds."""

RUN_AXE = """
async () => {
  // A page that was read to its end leaves the table of contents there, with links half below its title.
  document.querySelectorAll('.md-sidebar__scrollwrap').forEach(e => e.scrollTo(0, 0));
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
  const runOnly = {type: 'tag', values: tags};
  const said = await axe.run(document, {runOnly, resultTypes: ['violations', 'incomplete']});
  const why = node => [...node.any, ...node.all, ...node.none][0]?.message || '';
  const tell = rule => `${rule.id} (${rule.nodes.length}): ${rule.nodes[0].target.join(' ')}: ${why(rule.nodes[0])}`;
  return {violations: said.violations.map(tell), incomplete: said.incomplete.map(tell)};
}
"""

OVERFLOW = """
() => {
  const width = document.documentElement.clientWidth, found = [];
  const known = new Map();
  const cuts = e => {
    if (!e || e === document.body) return false;
    if (!known.has(e))
      known.set(e, /(auto|scroll|hidden|clip)/.test(getComputedStyle(e).overflowX) || cuts(e.parentElement));
    return known.get(e);
  };
  const held = e => cuts(e.parentElement);
  for (const e of document.querySelectorAll('article *')) {
    const box = e.getBoundingClientRect();
    if (box.width && (box.right > width + 1 || box.left < -1) && !held(e))
      found.push(`${e.localName}.${e.getAttribute('class') || ''}`);
  }
  const wide = document.scrollingElement.scrollWidth;
  if (wide > width) found.unshift(`the page is ${wide} px wide`);
  return [...new Set(found)].slice(0, 6);
}
"""
"""What stands out of a narrow page."""

SPACING = """
async () => {
  const style = document.createElement('style');
  style.textContent = `
    * { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }
    p { margin-bottom: 2em !important }`;
  const box = 'article :is(p, li, td, th, figcaption, summary, .dl-num, .dl-badge, h1, h2, h3)';
  const cut = () => [...document.querySelectorAll(box)].filter(e => {
    const said = getComputedStyle(e);
    return /(hidden|clip)/.test(said.overflow) && !e.closest('.dl-sr') && e.scrollHeight > e.clientHeight + 2;
  });
  const drawn = () => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
  document.head.append(style);
  await drawn();
  const found = cut().map(e => e.localName + ' ' + e.textContent.trim().slice(0, 40)).slice(0, 6);
  style.remove();
  await drawn();
  return found;
}
"""
"""What the spacing of WCAG 1.4.12 cuts off; the page is left as it was."""

NO_MOTION = """
document.head.append(Object.assign(document.createElement('style'), {
  textContent: '*, *::before, *::after { transition: none !important; animation: none !important }'}));
"""

COUNT_STOPS = """
() => [...document.querySelectorAll(
  'a[href], button, input, select, textarea, summary, [tabindex]:not([tabindex="-1"])')].filter(e => {
    if (e.disabled || e.tabIndex < 0 || getComputedStyle(e).visibility === 'hidden') return false;
    if (e.type === 'radio' && !e.checked) return false;
    const box = e.getBoundingClientRect();
    return e.getClientRects().length > 0 && (box.width > 0 || e.type === 'radio') && e.checkVisibility();
  }).length
"""
"""How many elements the Tab key should reach; of a group of radio buttons, one."""

STOP = """
() => {
  const e = document.activeElement;
  if (!e || e === document.body) return null;
  const again = e.__met === true;
  e.__met = true;
  const option = e.matches('input[type=radio], input[type=checkbox]');
  const labels = () => [...(e.labels || []), ...(e.parentElement?.querySelectorAll('label, .tabbed-labels') || [])];
  const beside = option ? labels() : [];
  const seen = beside.filter(label => label.getClientRects().length);
  const shown = seen.find(label => getComputedStyle(label).outlineStyle !== 'none') || seen[0] || e;
  const style = getComputedStyle(shown), box = shown.getBoundingClientRect();
  const field = e.matches('input:not([type=radio], [type=checkbox])');
  return {
    again, skip: e.matches('a.md-skip, a[href^="#"]'),
    name: `${e.localName}.${String(e.getAttribute('class')).slice(0, 30)} `
      + (e.getAttribute('href') || e.textContent || '').trim().slice(0, 40),
    ring: field || style.boxShadow !== 'none' || (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0),
    seen: box.width > 0 && box.height > 0 && style.opacity !== '0' && box.bottom > 0 && box.top < innerHeight,
  };
}
"""
"""What has the focus, and whether a reader sees that."""

CONTENT = """
() => {
  const body = document.querySelector('article') || document.body;
  const seen = e => {
    const box = e.getBoundingClientRect();
    return box.width > 2 && box.height > 2 && getComputedStyle(e).visibility !== 'hidden';
  };
  const count = selector => [...body.querySelectorAll(selector)].filter(seen).length;
  const text = document.createTreeWalker(body, NodeFilter.SHOW_TEXT);
  let words = 0;
  while (text.nextNode()) {
    const holder = text.currentNode.parentElement;
    if (!holder || holder.closest('svg, script, style, button, template')) continue;
    if (holder.checkVisibility({visibilityProperty: true}))
      words += (text.currentNode.textContent.match(/\\S+/g) || []).length;
  }
  return {
    words, drawings: count('figure svg, figure img'), tables: count('table'), numbers: count('.dl-num'),
    code: count('pre code'), links: [...document.querySelectorAll('nav a[href]')].length,
  };
}
"""
"""How much of its content a page shows."""

PRINTED = """
() => {
  const all = selector => [...document.querySelectorAll(selector)];
  const seen = e => e.getClientRects().length > 0;
  const folded = e => e.closest('details:not([open])');
  const parts = colour => (colour.match(/[\\d.]+/g) || [255, 255, 255]).slice(0, 3).map(Number);
  const light = colour => parts(colour).reduce((a, b) => a + b) / 765;
  const plots = all('figure.dl-chart .dl-plot').filter(plot => !folded(plot));
  const writing = all('.dl-plot > svg text').filter(seen).map(e => getComputedStyle(e)).filter(e => e.stroke === 'none')
    .map(e => light(e.fill));
  return {
    around: all('.md-header, .md-sidebar, .md-footer__inner, .md-tabs, .md-top, .md-search, .md-clipboard')
      .filter(seen).map(e => e.className),
    hidden: all('.dl-num').filter(e => !seen(e) && !folded(e)).map(e => e.textContent),
    twice: plots.filter(plot => plot.querySelector(':scope > .dl-narrow'))
      .filter(plot => [...plot.querySelectorAll(':scope > .dl-svg')].filter(seen).length !== 1)
      .map(plot => plot.closest('figure').id),
    paper: light(getComputedStyle(document.body).backgroundColor), writing: Math.max(0, ...writing),
    alpha: getComputedStyle(document.body).backgroundColor,
  };
}
"""
"""What a page would print."""

MOVING = """
() => document.getAnimations().filter(one => one.playState === 'running'
    && (one.effect.getTiming().iterations === Infinity || one.effect.getComputedTiming().duration > 300))
  .map(one => one.effect.target?.className || one.animationName)
"""

DRAWN = """
() => {
  const seen = e => e.getClientRects().length > 0;
  const figures = [...document.querySelectorAll('figure')]
    .filter(e => e.querySelector('svg, img') && !e.closest('details:not([open])'));
  return {
    forced: matchMedia('(forced-colors: active)').matches,
    blank: figures.filter(e => ![...e.querySelectorAll('svg, img')].some(seen)).map(e => e.id || 'a figure'),
  };
}
"""

SHADE = """
() => {
  const light = colour => {
    const [r, g, b] = colour.match(/[\\d.]+/g).map(Number);
    return (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255;
  };
  const seen = e => e.getClientRects().length > 0 && getComputedStyle(e).visibility !== 'hidden';
  const wrong = [...document.querySelectorAll('img[src$="#only-light"], .only-light')].filter(seen);
  const ink = [...document.querySelectorAll('.dl-plot > svg text')].filter(seen)
    .map(e => light(getComputedStyle(e).fill)).filter(one => !Number.isNaN(one));
  const ground = light(getComputedStyle(document.body).backgroundColor);
  return {ground, wrong: wrong.length, ink: ink.length ? Math.max(...ink) : 1};
}
"""
"""How dark a page is, and how light the writing in its charts."""

COPY = """
async (from, most) => {
  const quiet = '.dl-text, .jp-OutputArea, .dl-output';
  const all = selector => [...document.querySelectorAll(selector)].filter(e => !e.closest(quiet));
  const blocks = all('article pre > code, article .highlight-ipynb > pre').map(e => e.closest('pre'));
  const near = block => (block.closest('.highlight, .jp-InputArea, .jp-Cell') || block)
    .querySelector('button, clipboard-copy') || block.querySelector('button');
  const copied = [];
  for (const block of blocks.filter(near).slice(from, from + most)) {
    for (let up = block.closest('details'); up; up = up.parentElement.closest('details')) up.open = true;
    near(block).scrollIntoView({block: 'center'});
    near(block).click();
    const code = (block.querySelector('code') || block).textContent;
    let text = '';
    for (let tries = 0; tries < 20 && text.trim() !== code.trim(); tries++) {
      text = await navigator.clipboard.readText();
      if (text.trim() !== code.trim()) await new Promise(done => setTimeout(done, 15));
    }
    copied.push([text, code]);
  }
  return {bare: blocks.filter(block => !near(block)).map(e => e.textContent.slice(0, 40)), copied};
}
"""
"""Copy some blocks of code; a browser lets a page copy only for some seconds after a press."""
