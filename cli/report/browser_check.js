// SPDX-License-Identifier: Apache-2.0
// What is wrong with a page of the report, as a browser lays it out: for browser_test.sh, which puts this script behind a page.
//
// What      told to the page around it: what is wide, empty, clipped, covered, hard to read, or not sorted by its heading's button.
(function () {
  'use strict';
  var problems = [];
  function tell(kind, what) { if (problems.length < 20) problems.push(kind + ': ' + what); }
  function box(element) { return element.getBoundingClientRect(); }
  function visible(element) { var b = box(element); return b.width > 0 && b.height > 0; }
  function within(b, frame) {
    return b.left >= frame.left - 1 && b.right <= frame.right + 1 && b.top >= frame.top - 1 && b.bottom <= frame.bottom + 1;
  }
  function name(svg) { return svg.getAttribute('aria-label'); }

  function check_width() {
    var width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth > width) tell('overflow', 'the page is ' + document.documentElement.scrollWidth + ' wide');
    document.querySelectorAll('body *').forEach(function (element) {
      if (element.closest('.scroll, pre, svg, script, style') && !element.matches('.scroll, pre, svg')) return;
      if (visible(element) && box(element).right > width + 1) tell('overflow', element.tagName + ' ' + element.className);
    });
  }

  // Marks are bars, dots and curves; one of a plot must be more than a speck.
  function check_plots() {
    var figures = document.querySelectorAll('figure'), seen = 0;
    figures.forEach(function (figure) {
      var shown = Array.from(figure.querySelectorAll('svg')).filter(visible);
      if (shown.length !== 1) return tell('empty', figure.querySelector('figcaption').textContent + ' shows ' + shown.length + ' plots');
      seen += 1;
      var svg = shown[0], frame = box(svg);
      var legend = 60 * frame.width / svg.viewBox.baseVal.width;
      var marks = Array.from(svg.querySelectorAll('rect, circle, polyline.curve')).filter(function (mark) {
        var b = box(mark);
        return !mark.classList.contains('band') && b.width + b.height > 2 && b.top > frame.top + legend / 2 && within(b, frame) &&
            !(mark.tagName === 'rect' && mark.getAttribute('width') === '11.0' && mark.getAttribute('height') === '11.0');
      });
      if (marks.length === 0 || frame.height < 80) tell('empty', name(svg));
      check_labels(svg, frame);
    });
    if (seen === 0) tell('empty', 'the page has no plots');
  }

  function check_labels(svg, frame) {
    var labels = Array.from(svg.querySelectorAll('text')).filter(visible);
    labels.forEach(function (label) {
      if (!within(box(label), frame)) tell('clipped', label.textContent + ' of ' + name(svg));
    });
    check_turned(labels.filter(function (label) { return label.hasAttribute('transform') && label.getAttribute('text-anchor') === 'end'; }), svg, frame.width / svg.viewBox.baseVal.width);
    var straight = labels.filter(function (label) { return !label.hasAttribute('transform'); });
    straight.forEach(function (one, i) {
      straight.slice(i + 1).forEach(function (other) {
        var a = box(one), b = box(other);
        var wide = Math.min(a.right, b.right) - Math.max(a.left, b.left), high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (wide > 1 && high > 4) tell('covered', one.textContent + ' and ' + other.textContent + ' of ' + name(svg));
      });
    });
  }

  // Turned labels are parallel: their lines must be apart by most of a letter's height.
  function check_turned(labels, svg, scale) {
    labels.slice(1).forEach(function (label, i) {
      var turn = label.transform.baseVal.getItem(0).angle * Math.PI / 180;
      var across = (label.x.baseVal[0].value - labels[i].x.baseVal[0].value) * Math.sin(turn) -
          (label.y.baseVal[0].value - labels[i].y.baseVal[0].value) * Math.cos(turn);
      if (Math.abs(across * scale) < 9) tell('covered', labels[i].textContent + ' and ' + label.textContent + ' of ' + name(svg));
    });
  }

  function channels(color) { return color.match(/[0-9.]+/g).map(Number); }
  function luminance(color) {
    var parts = channels(color).slice(0, 3).map(function (value) {
      var part = value / 255;
      return part <= 0.04045 ? part / 12.92 : Math.pow((part + 0.055) / 1.055, 2.4);
    });
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  }
  // WCAG's contrast of text: at least 4.5.
  function check_contrast() {
    var paper = luminance(getComputedStyle(document.body).backgroundColor);
    document.querySelectorAll('h1, h2, p, td, th, a, caption, figcaption, svg text').forEach(function (element) {
      if (!visible(element)) return;
      var style = getComputedStyle(element), ink = luminance(element.closest('svg') ? style.fill : style.color);
      var contrast = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
      if (contrast < 4.5) tell('contrast', contrast.toFixed(1) + ' of ' + element.textContent.slice(0, 40));
    });
  }

  function check_sorting() {
    var tables = Array.from(document.querySelectorAll('table')).filter(visible);
    if (tables.length === 0) tell('sorting', 'the page has no tables');
    tables.forEach(function (table) {
      table.querySelectorAll('thead th').forEach(function (head, column) {
        var button = head.querySelector('button');
        if (!button || button.tabIndex !== 0) return tell('sorting', head.textContent + ' has no button that keys reach');
        [1, -1].forEach(function (direction) {
          button.click();
          if (head.getAttribute('aria-sort') !== (direction === 1 ? 'ascending' : 'descending')) tell('sorting', head.textContent + ' does not say so');
          if (!head.classList.contains('number')) return;
          var values = Array.from(table.tBodies[0].rows).map(function (row) { return parseFloat(row.cells[column].dataset.value); });
          var known = values.filter(function (value) { return !isNaN(value); });
          for (var i = 1; i < known.length; ++i)
            if (direction * (known[i] - known[i - 1]) < 0) return tell('sorting', head.textContent);
          if (values.slice(0, known.length).some(isNaN)) tell('sorting', head.textContent + ': missing values are not last');
        });
      });
    });
  }

  check_width();
  check_plots();
  check_contrast();
  check_sorting();
  window.parent.postMessage(location.pathname.replace(/.*\//, '') + ' at ' + window.innerWidth + ': ' +
      (problems.length ? problems.join('; ') : 'good'), '*');
})();
