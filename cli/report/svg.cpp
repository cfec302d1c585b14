// SPDX-License-Identifier: Apache-2.0
#include "cli/report/svg.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "cli/report/format.hpp"
#include "cli/report/svg_canvas.hpp"

namespace wd::report {
namespace {

void check_series(const std::string& title, const std::vector<Series>& series, std::size_t length,
                  bool gaps = false) {
  WD_REQUIRE(length > 0 && !series.empty(), "report: the plot '", title, "' has no data");
  for (const Series& s : series) {
    WD_REQUIRE(s.values.size() == length, "report: the plot '", title, "' has ", s.values.size(),
               " values in '", s.name, "', must have ", length);
    for (const double value : s.values)
      WD_REQUIRE(std::isfinite(value) || (gaps && std::isnan(value)), "report: the plot '", title,
                 "' has a value in '", s.name, "' that is not a finite number");
  }
}

std::string tooltip(const std::string& label, const Series& series, bool named, double value,
                    const std::string& unit) {
  return label + (named ? ", " + series.name : "") + ": " + compact(value) + (unit.empty() ? "" : " " + unit);
}

/// Maps data to the plot area.
struct Frame {
  double left, right, top, bottom;
  double x_low, x_high, y_low, y_high;

  double x(double value) const { return left + (right - left) * (value - x_low) / (x_high - x_low); }
  double y(double value) const { return bottom - (bottom - top) * (value - y_low) / (y_high - y_low); }
};

void draw_y_axis(Canvas& canvas, const Frame& frame, const Ticks& ticks, const std::string& label) {
  for (const double value : ticks.at) {
    canvas.line({frame.left, frame.y(value)}, {frame.right, frame.y(value)}, "grid");
    canvas.label({frame.left - 6, frame.y(value) + 4}, tick_text(value), "end", "muted");
  }
  canvas.label({12, (frame.top + frame.bottom) / 2}, label, "middle", "muted", -90);
}

void draw_bands(Canvas& canvas, const Frame& frame, const std::vector<Band>& bands) {
  for (std::size_t i = 0; i < bands.size(); ++i) {
    const double from = frame.x(std::max(bands[i].from, frame.x_low)),
                 to = frame.x(std::min(bands[i].to, frame.x_high));
    canvas.rect({from, frame.top}, to - from, frame.bottom - frame.top, i % 2 == 0 ? "band" : "band odd",
                bands[i].label);
    const auto fits = [&](const std::string& name) { return text_width(name) <= to - from; };
    const std::string& name = bands[i].label;
    const std::string brief = name.substr(0, name.find(' '));  // else the tooltip has to do
    if (fits(brief))
      canvas.label({(from + to) / 2, frame.top - 5}, fits(name) ? name : brief, "middle", "muted");
  }
}

void draw_series(Canvas& canvas, const Frame& frame, const LineChart& chart) {
  for (std::size_t s = 0; s < chart.series.size(); ++s) {
    std::vector<Point> points;
    for (std::size_t i = 0; i < chart.x.size(); ++i)
      points.push_back({frame.x(chart.x[i]), frame.y(chart.series[s].values[i])});
    canvas.path(points, "curve " + series_style("l", s));
    for (std::size_t i = 0; i < points.size(); ++i)
      canvas.dot(points[i], series_style("s", s),
                 tooltip(chart.x_label + " " + compact(chart.x[i]), chart.series[s], true,
                         chart.series[s].values[i], chart.unit));
  }
}

struct BarScale {
  Ticks ticks;
  double low, high;  // of the data, or as asked; low is not above 0
  bool named;        // more than one series
};

BarScale bar_scale(const BarChart& chart, bool narrow) {
  check_series(chart.title, chart.series, chart.labels.size(), chart.layout == Layout::grouped);
  WD_REQUIRE(chart.notes.empty() || chart.notes.size() == chart.labels.size(), "report: the plot '",
             chart.title, "' has ", chart.notes.size(), " notes, must have ", chart.labels.size());
  double low = 0, high = chart.high.value_or(0);
  for (std::size_t i = 0; i < chart.labels.size(); ++i) {
    double sum = 0;
    for (const Series& s : chart.series) {
      if (std::isnan(s.values[i])) continue;
      low = std::min(low, s.values[i]);
      WD_REQUIRE(s.values[i] >= 0 || chart.both_sides, "report: the plot '", chart.title,
                 "' has a negative bar at '", chart.labels[i], "'");
      sum = chart.layout == Layout::stacked ? sum + s.values[i] : std::max(sum, s.values[i]);
    }
    high = std::max(high, sum);
  }
  if (low == 0 && high <= 0) high = 1;
  return {make_ticks(low, high, narrow ? 3 : 5), low, high, chart.series.size() > 1};
}

/// One label's bars across `thickness`, side by side or one after the other.
class BarRow {
 public:
  BarRow(const BarChart& chart, std::size_t label, double start, double thickness)
      : chart_(chart),
        label_(label),
        start_(start),
        step_(chart.layout == Layout::stacked ? 0 : thickness / count()),
        thickness_(chart.layout == Layout::stacked ? thickness : thickness / count()) {}

  /// Calls draw(series, offset across, thickness, from, to).
  template <typename Draw>
  void each(Draw draw) const {
    double from = 0;
    for (std::size_t s = 0; s < chart_.series.size(); ++s) {
      const double value = chart_.series[s].values[label_];
      if (std::isnan(value)) continue;
      draw(s, start_ + step_ * static_cast<double>(s), thickness_, from, from + value);
      if (chart_.layout == Layout::stacked) from += value;
    }
  }
  double total() const {
    double sum = 0;
    for (const Series& s : chart_.series) sum += s.values[label_];
    return sum;
  }

 private:
  double count() const { return static_cast<double>(chart_.series.size()); }

  const BarChart& chart_;
  std::size_t label_;
  double start_, step_, thickness_;
};

/// What stands behind the bars.
std::vector<std::string> horizontal_notes(const BarChart& chart) {
  if (!chart.notes.empty()) return chart.notes;
  std::vector<std::string> notes;
  for (std::size_t i = 0; i < chart.labels.size(); ++i) {
    const BarRow row(chart, i, 0, 1);
    if (chart.layout == Layout::stacked)
      notes.push_back(compact(row.total()));
    else
      row.each([&](std::size_t, double, double, double, double to) { notes.push_back(compact(to)); });
  }
  return notes;
}

void horizontal_row(Canvas& canvas, const Frame& frame, const BarChart& chart, std::size_t i, double y,
                    double thick, std::size_t most) {
  const BarRow row(chart, i, y, thick);
  const bool named = chart.series.size() > 1,
             own_values = chart.notes.empty() && chart.layout == Layout::grouped;
  double end = 0;
  row.each([&](std::size_t s, double at, double wide, double from, double to) {
    end = std::max(end, to);
    if (to != from)
      canvas.rect({frame.x(std::min(from, to)), at},
                  frame.x(std::max(from, to)) - frame.x(std::min(from, to)), wide - 1, series_style("s", s),
                  tooltip(chart.labels[i], chart.series[s], named, to - from, chart.unit));
    if (own_values)
      canvas.label({frame.x(std::max(to, 0.0)) + 5, at + wide / 2 + 4}, compact(to), "start", "value");
  });
  if (!own_values)
    canvas.label({frame.x(end) + 5, y + thick / 2 + 4},
                 chart.notes.empty() ? compact(row.total()) : chart.notes[i], "start", "value");
  canvas.label({frame.left - 8, y + thick / 2 + 4}, shortened(chart.labels[i], most), "end");
}

std::string horizontal_bars(const BarChart& chart, double width) {
  const BarScale scale = bar_scale(chart, width < chart_width);
  Canvas canvas(width);
  const std::size_t most = width < chart_width ? 17 : 30;  // characters of a label
  const double top = canvas.heading(chart.title, chart.series);
  const double thick =
      chart.layout == Layout::grouped && scale.named ? 13.0 * static_cast<double>(chart.series.size()) : 17;
  const double pitch = thick + 9;
  const double bottom = top + pitch * static_cast<double>(chart.labels.size()) + 4;
  const double label_room = widest(chart.labels, most) + 14;
  const double note_room =
      std::max(widest(horizontal_notes(chart), std::string::npos), text_width("000000")) + 8;
  const Frame frame{
      label_room, std::max(width - note_room, label_room + 40), top, bottom, scale.low, scale.high, 0, 1};
  for (const double value : scale.ticks.at) {
    // The longest bars end the axis: no empty stretch.
    if (value > scale.high * 1.001 || value < scale.low * 1.001) continue;
    canvas.line({frame.x(value), top}, {frame.x(value), bottom}, "grid");
    canvas.label({frame.x(value), bottom + 15}, tick_text(value), "middle", "muted");
  }
  for (std::size_t i = 0; i < chart.labels.size(); ++i)
    horizontal_row(canvas, frame, chart, i, top + 6 + pitch * static_cast<double>(i), thick, most);
  canvas.line({frame.x(0), top}, {frame.x(0), bottom}, "axis");
  canvas.label({width / 2, bottom + 34}, chart.value_label, "middle", "muted");
  return canvas.finish(chart.title, bottom + 42);
}

std::string vertical_bars(const BarChart& chart, double width) {
  const BarScale scale = bar_scale(chart, width < chart_width);
  Canvas canvas(width);
  const double top = canvas.heading(chart.title, chart.series) + 8;
  const double count = static_cast<double>(chart.labels.size());
  const std::size_t most = width < chart_width ? 14 : 17;
  const double text_wide = widest(chart.labels, most);
  // A turned label ends under its bar: the first one reaches to the left.
  const double left = text_wide > (width - 72) / count - 4 ? std::max(66.0, 0.77 * text_wide + 2) : 66;
  const Frame frame{left, width - 6, top, top + 220, 0, 1, 0, scale.ticks.high()};
  draw_y_axis(canvas, frame, scale.ticks, chart.value_label);
  const double pitch = (frame.right - frame.left) / count;
  const double wide = std::min(pitch * 0.8, 90.0);
  const bool turned = text_wide > pitch - 4;
  for (std::size_t i = 0; i < chart.labels.size(); ++i) {
    const double center = frame.left + pitch * (static_cast<double>(i) + 0.5);
    BarRow(chart, i, center - wide / 2, wide)
        .each([&](std::size_t s, double at, double thick, double from, double to) {
          if (to > from)
            canvas.rect({at, frame.y(to)}, std::max(thick - 1, 0.5), frame.y(from) - frame.y(to),
                        series_style("s", s),
                        tooltip(chart.labels[i], chart.series[s], scale.named, to - from, chart.unit));
          if (thick > 34 && chart.layout == Layout::grouped)
            canvas.label({at + thick / 2, frame.y(to) - 4}, compact(to), "middle", "value");
        });
    const std::string name = shortened(chart.labels[i], most);
    if (turned)
      canvas.label({center + 4, frame.bottom + 14}, name, "end", "", -40);
    else
      canvas.label({center, frame.bottom + 16}, name, "middle");
  }
  canvas.line({frame.left, frame.bottom}, {frame.right, frame.bottom}, "axis");
  return canvas.finish(chart.title, frame.bottom + (turned ? 26 + 0.65 * text_wide : 28));
}

}  // namespace

std::string line_chart(const LineChart& chart, double width) {
  check_series(chart.title, chart.series, chart.x.size());
  double low = chart.series[0].values[0], high = low;
  for (const Series& s : chart.series)
    for (const double value : s.values) low = std::min(low, value), high = std::max(high, value);
  const Ticks y_ticks = make_ticks(chart.y_low.value_or(low), chart.y_high.value_or(high), 5);
  const auto [first, last] = std::minmax_element(chart.x.begin(), chart.x.end());
  Canvas canvas(width);
  const double top = canvas.heading(chart.title, chart.series) + (chart.bands.empty() ? 0 : 14);
  const Frame frame{66, width - 6, top, top + 220, *first - 0.5, *last + 0.5, y_ticks.low(), y_ticks.high()};
  draw_bands(canvas, frame, chart.bands);
  draw_y_axis(canvas, frame, y_ticks, chart.y_label);
  for (const double value : make_ticks(*first, *last, width < chart_width ? 6 : 10, true).at)
    if (value >= *first && value <= *last)
      canvas.label({frame.x(value), frame.bottom + 16}, tick_text(value), "middle", "muted");
  canvas.line({frame.left, frame.bottom}, {frame.right, frame.bottom}, "axis");
  canvas.label({(frame.left + frame.right) / 2, frame.bottom + 35}, chart.x_label, "middle", "muted");
  draw_series(canvas, frame, chart);
  return canvas.finish(chart.title, frame.bottom + 43);
}

std::string bar_chart(const BarChart& chart, double width) {
  // Names under more bars than these would cover each other, turned as they are.
  const std::size_t most = width < chart_width ? 15 : 30;
  return chart.bars == Bars::vertical && chart.labels.size() <= most ? vertical_bars(chart, width)
                                                                     : horizontal_bars(chart, width);
}

std::string chart_style() {
  return R"(:root{--ink:#1c2024;--muted:#5b636c;--grid:#e2e5e9;--axis:#8b939c;--band:#eef3f8;--band-odd:#fbf3e2;
--s0:#0072b2;--s1:#e69f00;--s2:#009e73;--s3:#cc79a7;--s4:#56b4e9;--s5:#d55e00;--s6:#6b4c9a;--s7:#7f7f7f}
@media (prefers-color-scheme:dark){:root{--ink:#e8eaed;--muted:#a3abb5;--grid:#31363d;--axis:#7b838c;--band:#1d2630;
--band-odd:#2d2718;--s0:#4da6e0;--s1:#f0b83c;--s2:#35c79e;--s3:#e0a3c4;--s4:#9ad2f5;--s5:#f08a4b;--s6:#b79be0;--s7:#b5b5b5}}
.chart{width:100%;max-width:640px;height:auto;font:12px system-ui,"DejaVu Sans",sans-serif;display:block}
.chart text{fill:var(--ink)}.chart .muted{fill:var(--muted);font-size:11px}.chart .value{font-size:11px}
.chart .title{font-weight:600;font-size:14px}.grid{stroke:var(--grid)}.axis{stroke:var(--axis)}
.band{fill:var(--band)}.band.odd{fill:var(--band-odd)}.curve{fill:none;stroke-width:2}
.s0{fill:var(--s0)}.s1{fill:var(--s1)}.s2{fill:var(--s2)}.s3{fill:var(--s3)}.s4{fill:var(--s4)}.s5{fill:var(--s5)}.s6{fill:var(--s6)}.s7{fill:var(--s7)}
.l0{stroke:var(--s0)}.l1{stroke:var(--s1);stroke-dasharray:6 3}.l2{stroke:var(--s2);stroke-dasharray:2 3}
.whisker{stroke-width:1.5;stroke-dasharray:none}.roof{fill:none;stroke:var(--axis);stroke-width:1.5}
.l3{stroke:var(--s3)}.l4{stroke:var(--s4);stroke-dasharray:6 3}.l5{stroke:var(--s5);stroke-dasharray:2 3}
.l6{stroke:var(--s6)}.l7{stroke:var(--s7);stroke-dasharray:6 3}.leader{stroke:var(--axis);stroke-width:.7}
rect.again,circle.again{fill-opacity:.4;stroke:var(--ink)}rect.third,circle.third{stroke:var(--ink);stroke-dasharray:2 2}
polyline.again{stroke-dasharray:10 3 2 3}polyline.third{stroke-dasharray:1 4}
)";
}

std::string chart_file(const std::string& chart) {
  std::string style = chart_style();
  const std::size_t begin = style.find('{') + 1, end = style.find('}');
  const std::string colours = style.substr(begin, end - begin) + ";";
  style.erase(0, style.find("\n.chart{") + 1);  // behind both palettes
  for (std::size_t at; (at = style.find("var(")) != std::string::npos;) {
    const std::size_t close = style.find(')', at);
    const std::string name = style.substr(at + 4, close - at - 4) + ":";
    std::size_t value = colours.find("\n" + name);
    if (value == std::string::npos) value = colours.find(";" + name);
    if (value == std::string::npos) value = colours.find(name) - 1;
    value += 1 + name.size();
    style.replace(at, close + 1 - at, colours.substr(value, colours.find_first_of(";\n", value) - value));
  }
  const std::size_t head = chart.find('>') + 1;
  return chart.substr(0, head) + "\n<style>\n" + style +
         "</style>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>" + chart.substr(head);
}

}  // namespace wd::report
