#include "analysis/quality/frontier_picture.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "sim/base/exact_math.h"

namespace kvern {
namespace {

constexpr double kLeast = 1080;  // wide
constexpr double kLetter = 7.3;  // of the legend, about
constexpr double kHeight = 560;
constexpr double kTop = 64;
constexpr double kBottom = 500;
constexpr double kPanel = 350;  // wide
constexpr double kLegend = 2 * kPanel + 175;
constexpr const char* kInk = "#1f2933";
constexpr const char* kQuiet = "#d9dee3";
// Readable side by side, also for most of the colour-blind (Okabe, Ito), led by the house's own.
constexpr const char* kColours[] = {"#b4451f", "#5b8aa6", "#1f2933", "#e69f00", "#009e73",
                                    "#cc79a7", "#0072b2", "#8c6d31", "#7a5195"};
constexpr std::size_t kShapes = 4;

// A logarithmic axis in pixels.
struct Axis {
  double low = 0, high = 0;  // of the data, in ln
  double from = 0, to = 0;   // pixels of low and high

  double at(double value) const {
    const double share = (exact::log(value) - low) / (high - low);
    return from + std::clamp(share, 0.0, 1.0) * (to - from);
  }
};

Axis axis_over(const std::vector<double>& values, double from, double to) {
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  Axis axis{exact::log(*least), exact::log(*most), from, to};
  const double room = std::max(.05, .06 * (axis.high - axis.low));
  axis.low -= room;
  axis.high += room;
  return axis;
}

// 1, 2, 5 times powers of ten within the axis; finer steps where those are too few.
std::vector<double> ticks(const Axis& axis) {
  const std::vector<std::vector<double>> steps = {
      {1, 3},
      {1, 2, 5},
      {1, 1.5, 2, 3, 5, 7},
      {1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 9}};
  std::vector<double> found;
  for (const auto& digits : steps) {
    found.clear();
    for (int power = -9; power <= 9; ++power) {
      double scale = 1;
      for (int i = 0; i < std::abs(power); ++i) scale *= 10;
      for (const double digit : digits) {
        const double value = power < 0 ? digit / scale : digit * scale;
        const double place = exact::log(value);
        if (place >= axis.low && place <= axis.high) found.push_back(value);
      }
    }
    if (found.size() >= 4) break;
  }
  return found;
}

std::string text(double x, double y, const char* anchor, const std::string& what,
                 const char* extra = "") {
  std::string safe;
  for (const char c : what) {
    safe += c == '&' ? "&amp;" : c == '<' ? "&lt;" : std::string(1, c);
  }
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\" {}>{}</text>\n", x, y,
                     anchor, extra, safe);
}

std::string line(double x1, double y1, double x2, double y2, const char* colour,
                 const char* extra = "") {
  return fmt::format(
      "<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"{}\" {}/>\n", x1, y1,
      x2, y2, colour, extra);
}

// Circle, square, diamond, triangle.
std::string mark(double x, double y, std::size_t shape, const char* colour) {
  switch (shape % kShapes) {
    case 1:
      return fmt::format(
          "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"6.4\" height=\"6.4\" fill=\"{}\"/>\n", x - 3.2,
          y - 3.2, colour);
    case 2:
      return fmt::format("<path d=\"M{:.1f} {:.1f}l4.4 4.4-4.4 4.4-4.4-4.4z\" fill=\"{}\"/>\n", x,
                         y - 4.4, colour);
    case 3:
      return fmt::format("<path d=\"M{:.1f} {:.1f}l4.4 7.4h-8.8z\" fill=\"{}\"/>\n", x, y - 4.4,
                         colour);
    default:
      return fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3.5\" fill=\"{}\"/>\n", x, y,
                         colour);
  }
}

struct Curve {
  std::string policy;
  std::vector<const FrontierPoint*> points;  // by joules
  double order = 0;                          // perplexity of its leanest point
};

std::vector<Curve> curves_of(const FrontierPicture& picture) {
  std::vector<Curve> curves;
  std::map<std::string, std::size_t> index;
  for (const FrontierPoint& point : picture.points) {
    if (!point.joules || !point.perplexity || !(*point.joules > 0)) continue;
    const auto [at, fresh] = index.try_emplace(point.policy, curves.size());
    if (fresh) curves.push_back({point.policy, {}, 0});
    curves[at->second].points.push_back(&point);
  }
  for (Curve& curve : curves) {
    std::stable_sort(
        curve.points.begin(), curve.points.end(),
        [](const FrontierPoint* a, const FrontierPoint* b) { return *a->joules < *b->joules; });
    curve.order = *curve.points.front()->perplexity;
  }
  return curves;
}

// One of the two: `value` of a point, where it is at least `least`.
struct Panel {
  double left = 0;
  std::string title, unit;
  std::optional<double> (*value)(const FrontierPoint&) = nullptr;
  std::optional<double> reference;
  double least = 0;
};

class Drawing {
 public:
  Drawing(const Panel& panel, const std::vector<Curve>& curves) : panel_(panel) {
    std::vector<double> x;
    std::vector<double> y;
    for (const Curve& curve : curves) {
      for (const FrontierPoint* point : curve.points) {
        x.push_back(*point->joules * 1e3);
        if (const auto value = shown(*point)) y.push_back(*value);
      }
    }
    if (panel.reference) y.push_back(*panel.reference);
    if (y.empty()) return;
    across_ = axis_over(x, panel.left, panel.left + kPanel);
    // Far outliers would flatten the rest: beyond 20 times the median they stand at the top.
    std::sort(y.begin(), y.end());
    const double most = 20 * y[y.size() / 2];
    beyond_ = y.back() > most;
    while (y.back() > most) y.pop_back();
    up_ = axis_over(y, kBottom, kTop);
    empty_ = false;
  }

  std::string svg(const std::vector<Curve>& curves) const {
    if (empty_) return "";
    std::string out = grid();
    if (panel_.reference) {
      const double y = up_.at(*panel_.reference);
      out += line(panel_.left, y, panel_.left + kPanel, y, kInk, "stroke-dasharray=\"5 4\"");
      out += text(panel_.left + 6, y + 15, "start", "nothing evicted");
    }
    for (std::size_t i = 0; i < curves.size(); ++i) out += curve(curves[i], i);
    return out;
  }

 private:
  std::optional<double> shown(const FrontierPoint& point) const {
    const auto value = panel_.value(point);
    return value && *value >= panel_.least ? value : std::nullopt;
  }
  std::string grid() const {
    const std::string title = panel_.title + (beyond_ ? " (top edge: beyond)" : "");
    std::string out = text(panel_.left, kTop - 12, "start", title, "font-weight=\"bold\"");
    for (const double tick : ticks(across_)) {
      const double x = across_.at(tick);
      out += line(x, kTop, x, kBottom, kQuiet) +
             text(x, kBottom + 18, "middle", fmt::format("{:g}", tick));
    }
    for (const double tick : ticks(up_)) {
      const double y = up_.at(tick);
      out += line(panel_.left, y, panel_.left + kPanel, y, kQuiet) +
             text(panel_.left - 7, y + 4, "end", fmt::format("{:g}{}", tick, panel_.unit));
    }
    out += line(panel_.left, kBottom, panel_.left + kPanel, kBottom, kInk) +
           line(panel_.left, kTop, panel_.left, kBottom, kInk);
    out += text(panel_.left + kPanel / 2, kBottom + 38, "middle",
                "mJ a token: cache and attention, all layers");
    return out;
  }
  std::string curve(const Curve& curve, std::size_t number) const {
    const char* colour = kColours[number % std::size(kColours)];
    std::string path;
    std::string marks;
    for (const FrontierPoint* point : curve.points) {
      const auto value = shown(*point);
      if (!value) continue;
      const double x = across_.at(*point->joules * 1e3);
      const double y = up_.at(*value);
      path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", x, y);
      marks += mark(x, y, number / std::size(kColours), colour);
    }
    return fmt::format("<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"1.3\"/>\n", path,
                       colour) +
           marks;
  }

  const Panel& panel_;
  Axis across_, up_;
  bool empty_ = true, beyond_ = false;
};

std::string legend(const std::vector<Curve>& curves) {
  const double left = kLegend;
  std::string out = text(left, kTop - 12, "start", "policy", "font-weight=\"bold\"");
  double y = kTop + 6;
  const double gap = std::min(19.0, (kBottom - kTop) / static_cast<double>(curves.size()));
  for (std::size_t i = 0; i < curves.size(); ++i, y += gap) {
    const char* colour = kColours[i % std::size(kColours)];
    out += line(left, y, left + 20, y, colour, "stroke-width=\"1.3\"") +
           mark(left + 10, y, i / std::size(kColours), colour) +
           text(left + 27, y + 4, "start", curves[i].policy);
  }
  return out;
}

}  // namespace

std::string frontier_svg(const FrontierPicture& picture) {
  std::vector<Curve> curves = curves_of(picture);
  if (curves.empty()) return "";
  std::stable_sort(curves.begin(), curves.end(),
                   [](const Curve& a, const Curve& b) { return a.order < b.order; });
  const Panel panels[] = {
      {70, "Perplexity", "", [](const FrontierPoint& p) { return p.perplexity; }, picture.dense, 1},
      {70 + kPanel + 90, "Growth of the worst group's loss", " %",
       [](const FrontierPoint& p) {
         return p.worst_increase ? std::optional(100 * *p.worst_increase) : std::nullopt;
       },
       std::nullopt, .1}};  // below a tenth of a percent it is rounding
  std::size_t letters = 0;
  for (const Curve& curve : curves) letters = std::max(letters, curve.policy.size());
  const double width = std::max(kLeast, kLegend + 45 + kLetter * static_cast<double>(letters));
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:g} {1:g}\" width=\"{0:g}\" "
      "height=\"{1:g}\" font-family=\"DejaVu Sans, Helvetica, Arial, sans-serif\" "
      "font-size=\"12\" fill=\"{2}\">\n<rect width=\"{0:g}\" height=\"{1:g}\" fill=\"#ffffff\"/>\n",
      width, kHeight, kInk);
  out += text(18, 26, "start", picture.title, "font-size=\"15\"");
  for (const Panel& panel : panels) out += Drawing(panel, curves).svg(curves);
  return out + legend(curves) + "</svg>\n";
}

}  // namespace kvern
