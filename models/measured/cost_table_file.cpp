// A cost table as an HDF5 file: groups named after the members, one array a dataset. A grid is one
// array: how many axes, their sizes, all knots, all values (last axis fastest).
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "models/measured/cost_table.h"
#include "sim/base/io/hdf5/table_file.h"
#include "sim/base/io/output_file.h"
#include "sim/base/outside_error.h"

namespace kvern::measured {
namespace {

constexpr std::int64_t kFormat = 1;
constexpr std::int64_t kMostItems = 100'000;  // of a list; ours have hundreds
constexpr const char* kKind = "cost table";
constexpr std::size_t kWorthPacking = 64;

class Writing {
 public:
  explicit Writing(const std::string& path) : output_(path, kKind), file_(output_.partial()) {
    file_.set_attribute("/", "format", kFormat);
  }

  void word(const std::string& group, const char* name, std::string& text) {
    file_.set_attribute(group, name, text);
  }
  void numbers(const std::string& group, const char* name, const char* unit, const char* what,
               std::vector<double>& values) {
    TableSpec spec;
    spec.group = group;
    spec.columns = {{name, ColumnType::F64, unit, what}};
    spec.mark_complete = false;
    spec.chunk_rows = static_cast<std::uint32_t>(std::max<std::size_t>(1, values.size()));
    spec.compress = values.size() > kWorthPacking;
    file_.add_table(spec).append(std::span<const double>(values));
  }
  template <class T, class Each>
  void list(const std::string& group, std::vector<T>& items, const Each& each) {
    file_.set_attribute(group, "count", static_cast<std::int64_t>(items.size()));
    for (std::size_t i = 0; i < items.size(); ++i) each(fmt::format("{}/{}", group, i), items[i]);
  }
  void close() {
    file_.close_sealed(kKind);
    output_.commit();
  }

 private:
  OutputFile output_;
  TableWriter file_;
};

class Reading {
 public:
  explicit Reading(const std::string& path) : file_(path, kKind, "kvern calibrate writes one") {
    if (file_.integer_attribute("/", "format") != kFormat) {
      throw OutsideError(path + ": a cost table of another version of Kvern");
    }
  }

  void word(const std::string& group, const char* name, std::string& text) {
    text = file_.text_attribute(group, name);
  }
  void numbers(const std::string& group, const char* name, const char*, const char*,
               std::vector<double>& values) {
    values = file_.read_all<double>(group + "/" + name);
    for (const double value : values) {
      if (std::isinf(value)) {
        throw OutsideError(fmt::format("{}: {}/{} holds infinity", file_.path(), group, name));
      }
    }
  }
  template <class T, class Each>
  void list(const std::string& group, std::vector<T>& items, const Each& each) {
    const std::int64_t count = file_.integer_attribute(group, "count");
    if (count < 0 || count > kMostItems) {
      throw OutsideError(fmt::format("{}: {} says it has {} items", file_.path(), group, count));
    }
    items.assign(static_cast<std::size_t>(count), T{});
    for (std::size_t i = 0; i < items.size(); ++i) each(fmt::format("{}/{}", group, i), items[i]);
  }

 private:
  TableReader file_;
};

// Named numbers of an item, one dataset.
template <class Archive>
void numbers(Archive& archive, const std::string& group, const char* what,
             std::initializer_list<double*> members) {
  std::vector<double> values;
  for (const double* member : members) values.push_back(*member);
  archive.numbers(group, "numbers", "as described", what, values);
  if (values.size() != members.size()) throw OutsideError(group + ": not a cost table");
  std::size_t i = 0;
  for (double* member : members) *member = values[i++];
}

std::vector<double> packed(const InterpolationGrid& grid) {
  std::vector<double> all{static_cast<double>(grid.axes().size())};
  for (const Axis& axis : grid.axes()) all.push_back(static_cast<double>(axis.knots.size()));
  for (const Axis& axis : grid.axes()) {
    all.insert(all.end(), axis.knots.begin(), axis.knots.end());
  }
  all.insert(all.end(), grid.values().begin(), grid.values().end());
  return all;
}

InterpolationGrid unpacked(const std::string& where, const std::vector<double>& all) {
  const OutsideError damaged(where + ": not a grid of a cost table");
  if (all.empty() || all[0] < 0 || all[0] > static_cast<double>(kMostAxes)) throw damaged;
  if (all[0] == 0) return {};
  const auto count = static_cast<std::size_t>(all[0]);
  std::size_t next = 1 + count;
  std::size_t points = 1;
  std::vector<Axis> axes;
  for (std::size_t a = 0; a < count; ++a) {
    if (1 + a >= all.size() || !(all[1 + a] >= 1)) throw damaged;
    const auto size = static_cast<std::size_t>(all[1 + a]);
    if (next + size > all.size()) throw damaged;
    const auto from = all.begin() + static_cast<std::ptrdiff_t>(next);
    axes.push_back({"", {from, from + static_cast<std::ptrdiff_t>(size)}});
    next += size;
    points *= size;
  }
  if (next + points != all.size()) throw damaged;
  return InterpolationGrid(std::move(axes),
                           {all.begin() + static_cast<std::ptrdiff_t>(next), all.end()});
}

template <class Archive>
void visit(Archive& archive, const std::string& group, const char* name, const char* what,
           InterpolationGrid& grid) {
  std::vector<double> all = packed(grid);
  archive.numbers(group, name, "1", what, all);
  grid = unpacked(group, all);
}

template <class Archive>
void visit(Archive& archive, const std::string& group, GemmModel& gemm) {
  archive.word(group, "dtype", gemm.dtype);
  numbers(archive, group, "fixed us, compute share, memory share",
          {&gemm.fixed_us, &gemm.compute_share, &gemm.memory_share});
  visit(archive, group, "log_ratio", "ln(measured / modelled)", gemm.log_ratio);
  archive.list(group + "/curves", gemm.curves, [&](const std::string& at, GemmCurve& curve) {
    numbers(archive, at, "n, k", {&curve.n, &curve.k});
    archive.numbers(at, "m", "rows", "where the values stand", curve.m);
    archive.numbers(at, "log_ratio", "1", "ln(measured / modelled)", curve.log_ratio);
  });
}

template <class Archive>
void visit(Archive& archive, const std::string& group, AttentionModel& model) {
  auto kind = static_cast<double>(model.kind);
  archive.word(group, "impl", model.impl);
  archive.word(group, "dtype", model.dtype);
  numbers(archive, group, "kind (0 decode, 1 prefill, 2 mixed), head_dim",
          {&kind, &model.head_dim});
  if (!(kind >= 0 && kind <= 2)) throw OutsideError(group + ": no kind of attention");
  model.kind = static_cast<AttentionKind>(static_cast<int>(kind));
  archive.numbers(group, "coefficients", "us", "of each feature", model.coefficients);
  visit(archive, group, "log_ratio", "ln(measured / modelled)", model.log_ratio);
  visit(archive, group, "skew", "us a token of the longest beyond the mean", model.skew_us);
}

template <class Archive>
void visit_reports(Archive& archive, CostTable& table) {
  archive.list("/coefficients", table.coefficients,
               [&](const std::string& at, FittedCoefficient& c) {
                 archive.word(at, "key", c.key);
                 archive.word(at, "unit", c.unit);
                 archive.word(at, "source", c.source);
                 numbers(archive, at, "value, low, high", {&c.value, &c.low, &c.high});
               });
  archive.list("/errors", table.errors, [&](const std::string& at, FitReport& e) {
    archive.word(at, "part", e.part);
    archive.word(at, "how", e.how);
    numbers(archive, at, "rows, median, p95, bias", {&e.rows, &e.median, &e.p95, &e.bias});
  });
  archive.list("/inputs", table.inputs, [&](const std::string& at, InputFile& input) {
    archive.word(at, "path", input.path);
    archive.word(at, "sha256", input.sha256);
    numbers(archive, at, "rows", {&input.rows});
  });
}

template <class Archive>
void visit(Archive& archive, CostTable& table) {
  archive.word("/", "device", table.device);
  archive.word("/", "note", table.note);
  archive.list("/gemm", table.gemm,
               [&](const std::string& at, GemmModel& gemm) { visit(archive, at, gemm); });
  archive.list("/experts", table.experts, [&](const std::string& at, ExpertsModel& experts) {
    archive.word(at, "dtype", experts.dtype);
    numbers(archive, at, "fixed us, times the bounds", {&experts.fixed_us, &experts.scale});
  });
  archive.list("/attention", table.attention, [&](const std::string& at, AttentionFamily& family) {
    archive.word(at, "name", family.name);
    archive.list(at + "/models", family.models,
                 [&](const std::string& deeper, AttentionModel& m) { visit(archive, deeper, m); });
  });
  archive.list("/elementwise", table.elementwise,
               [&](const std::string& at, ElementwiseCurve& curve) {
                 archive.word(at, "op", curve.op);
                 visit(archive, at, "log_us", "ln(us) along tokens x width", curve.log_us);
               });
  archive.list("/collectives", table.collectives,
               [&](const std::string& at, CollectiveCurve& curve) {
                 archive.word(at, "op", curve.op);
                 archive.word(at, "impl", curve.impl);
                 numbers(archive, at, "GPUs", {&curve.gpus});
                 visit(archive, at, "log_us", "ln(us) along bytes", curve.log_us);
               });
  archive.list("/step", table.step, [&](const std::string& at, StepModel& s) {
    numbers(archive, at,
            "us of a graph replay, us of an eager layer, eager share, clock share, host us of a "
            "step, host us of a sequence",
            {&s.graph_step_us, &s.eager_layer_us, &s.eager_share, &s.clock_share, &s.host_step_us,
             &s.host_sequence_us});
  });
  visit_reports(archive, table);
}

}  // namespace

void save(const CostTable& table, const std::string& path) {
  Writing archive(path);
  CostTable copy = table;
  visit(archive, copy);
  archive.close();
}

CostTable load_cost_table(const std::string& path) {
  Reading archive(path);
  CostTable table;
  visit(archive, table);
  return table;
}

}  // namespace kvern::measured
