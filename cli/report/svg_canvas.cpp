// SPDX-License-Identifier: Apache-2.0
#include "cli/report/svg_canvas.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "base/error.hpp"
#include "cli/report/format.hpp"

namespace wd::report {
namespace {

std::string attribute(const char* name, double value) {
  return text(" ", name, "=\"", fixed(value, 1), "\"");
}

std::string style_attribute(const std::string& style) {
  return style.empty() ? "" : " class=\"" + style + "\"";
}

/// Of the characters from ' ' to '~', in tenths of a unit.
constexpr unsigned char advances[] = {
    39, 49, 56, 101, 77,  115, 94,  33,  47,  47, 60, 101, 39, 44, 39,  41, 77, 77, 77, 77, 77, 77,  77, 77,
    77, 77, 41, 41,  101, 101, 101, 64,  120, 83, 83, 84,  93, 76, 70,  93, 91, 36, 36, 79, 67, 104, 90, 95,
    73, 95, 84, 77,  74,  88,  83,  119, 83,  74, 83, 47,  41, 47, 101, 60, 60, 74, 77, 66, 77, 74,  43, 77,
    77, 34, 34, 70,  34,  117, 77,  74,  77,  77, 50, 63,  48, 77, 72,  99, 72, 72, 63, 77, 41, 77,  101};

constexpr double title_width = 8.2;  // of a character of the title

/// At blanks, of at most `most` characters where words allow it.
std::vector<std::string> lines_of(const std::string& title, std::size_t most) {
  std::vector<std::string> lines{""};
  std::istringstream words(title);
  for (std::string word; words >> word;) {
    word = shortened(word, most);
    if (!lines.back().empty() && text_length(lines.back()) + 1 + text_length(word) > most)
      lines.emplace_back();
    lines.back() += (lines.back().empty() ? "" : " ") + word;
  }
  return lines;
}

std::string closed(const std::string& element, const std::string& tooltip) {
  if (tooltip.empty()) return "/>\n";
  return "><title>" + escape(tooltip) + "</title></" + element + ">\n";
}

}  // namespace

double text_width(std::string_view utf8) {
  double width = 0;
  for (const char c : utf8) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= ' ' && byte <= '~')
      width += advances[byte - ' '] / 10.0;
    else if (byte >= 0xe0)  // three bytes and more: signs and ideographs
      width += 12;
    else if (byte >= 0xc0)  // letters with accents
      width += 9;
  }
  return width;
}

double widest(const std::vector<std::string>& texts, std::size_t most) {
  double width = 0;
  for (const std::string& one : texts) width = std::max(width, text_width(shortened(one, most)));
  return width;
}

void Canvas::line(Point a, Point b, const std::string& style) {
  body_ += "<line" + style_attribute(style) + attribute("x1", a.x) + attribute("y1", a.y) +
           attribute("x2", b.x) + attribute("y2", b.y) + "/>\n";
}

void Canvas::rect(Point corner, double width, double height, const std::string& style,
                  const std::string& tooltip) {
  body_ += "<rect" + style_attribute(style) + attribute("x", corner.x) + attribute("y", corner.y) +
           attribute("width", width) + attribute("height", height) + closed("rect", tooltip);
}

void Canvas::path(const std::vector<Point>& points, const std::string& style) {
  body_ += "<polyline" + style_attribute(style) + " points=\"";
  for (const Point& p : points) body_ += fixed(p.x, 1) + "," + fixed(p.y, 1) + " ";
  body_ += "\"/>\n";
}

void Canvas::dot(Point center, const std::string& style, const std::string& tooltip) {
  body_ += "<circle" + style_attribute(style) + attribute("cx", center.x) + attribute("cy", center.y) +
           attribute("r", 3.5) + closed("circle", tooltip);
}

void Canvas::label(Point at, const std::string& content, const char* anchor, const std::string& style,
                   double turn) {
  body_ += "<text" + style_attribute(style) + attribute("x", at.x) + attribute("y", at.y) +
           " text-anchor=\"" + anchor + "\"";
  if (turn != 0)
    body_ += " transform=\"rotate(" + fixed(turn, 1) + " " + fixed(at.x, 1) + " " + fixed(at.y, 1) + ")\"";
  body_ += ">" + escape(content) + "</text>\n";
}

double Canvas::heading(const std::string& title, const std::vector<Series>& series) {
  double x = 0, y = 16;
  for (const std::string& line : lines_of(title, static_cast<std::size_t>(width_ / title_width))) {
    label({0, y}, line, "start", "title");
    y += 18;
  }
  if (series.size() < 2) return y;
  y += 4;
  for (std::size_t i = 0; i < series.size(); ++i) {
    std::string name = series[i].name;
    while (16 + text_width(name) > width_) name = shortened(name, text_length(name) - 1);
    const double wide = 16 + text_width(name) + 14;
    if (x > 0 && x + wide > width_) x = 0, y += 18;
    rect({x, y - 10}, 11, 11, series_style("s", i));
    label({x + 16, y}, name, "start");
    x += wide;
  }
  return y + 16;
}

std::string Canvas::finish(const std::string& title, double height) const {
  return "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart\" role=\"img\" aria-label=\"" +
         escape(title) + "\" viewBox=\"0 0 " + fixed(width_, 0) + " " + fixed(height, 0) + "\">\n" + body_ +
         "</svg>\n";
}

std::string series_style(const char* prefix, std::size_t series) {
  constexpr std::size_t colours = 8;
  constexpr const char* rounds[] = {"", " again", " third"};
  return text(prefix, series % colours, rounds[series / colours % std::size(rounds)]);
}

Ticks make_ticks(double low, double high, int about, bool whole) {
  if (high <= low) high = low + (low == 0 ? 1 : std::abs(low) * 0.1);
  const double raw = (high - low) / about;
  const double power = std::pow(10, std::floor(std::log10(raw)));
  double step = 10 * power;
  for (const double nice : {1.0, 2.0, 5.0})
    if (nice * power >= raw * 0.999) {
      step = nice * power;
      break;
    }
  if (whole) step = std::max(1.0, std::round(step));
  Ticks ticks;
  const double first = std::floor(low / step + 1e-9), last = std::ceil(high / step - 1e-9);
  for (double i = first; i <= last; ++i) ticks.at.push_back(i * step);
  return ticks;
}

std::string tick_text(double value) { return compact(std::abs(value) < 1e-12 ? 0 : value); }

}  // namespace wd::report
