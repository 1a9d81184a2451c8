#include "traces/generate/quantile_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "sim/base/io/byte_source.h"
#include "sim/base/outside_error.h"

namespace kvern {
namespace {

std::vector<std::string_view> cells(std::string_view line) {
  std::vector<std::string_view> result;
  for (;;) {
    const std::size_t comma = line.find(',');
    std::string_view cell = line.substr(0, comma);
    while (!cell.empty() && cell.front() == ' ') cell.remove_prefix(1);
    while (!cell.empty() && cell.back() == ' ') cell.remove_suffix(1);
    result.push_back(cell);
    if (comma == std::string_view::npos) return result;
    line.remove_prefix(comma + 1);
  }
}

// The columns' places in the header; shorter than `wanted`, with an issue, when one is missing.
std::vector<std::size_t> places(const std::vector<std::string_view>& header,
                                const std::vector<std::string>& wanted, const Location& where,
                                Issues& issues) {
  std::vector<std::size_t> result;
  const std::vector<std::string> known(header.begin(), header.end());
  for (const std::string& name : wanted) {
    const auto found = std::find(known.begin(), known.end(), name);
    if (found == known.end()) {
      issues.error(where, fmt::format("no column \"{}\"", name), did_you_mean(name, known));
      break;
    }
    result.push_back(static_cast<std::size_t>(found - known.begin()));
  }
  return result;
}

std::optional<QuantileColumns> read(const std::string& file, std::vector<std::string> wanted,
                                    Issues& issues) {
  wanted.insert(wanted.begin(), "percent");
  ByteSource source(file);
  LineReader lines(source);
  std::string_view line;
  if (!lines.next(line)) {
    issues.error({file}, "the file is empty");
    return std::nullopt;
  }
  const auto columns = places(cells(line), wanted, {file, 1}, issues);
  if (columns.size() < wanted.size()) return std::nullopt;
  std::vector<std::vector<double>> values(wanted.size());
  while (lines.next(line)) {
    if (line.empty()) continue;
    const auto row = cells(line);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const std::string_view cell = columns[i] < row.size() ? row[columns[i]] : std::string_view();
      double value = 0;
      const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
      if (error != std::errc() || end != cell.data() + cell.size()) {
        issues.error({file, static_cast<int>(lines.number())},
                     fmt::format("{} = \"{}\" is not a number", wanted[i], cell));
        return std::nullopt;
      }
      values[i].push_back(value);
    }
  }
  QuantileColumns result;
  result.percents = std::move(values.front());
  values.erase(values.begin());
  result.values = std::move(values);
  return result;
}

}  // namespace

std::optional<QuantileColumns> read_quantile_file(const Location& named_at, const std::string& path,
                                                  const std::vector<std::string>& columns,
                                                  Issues& issues) {
  const auto folder = std::filesystem::path(named_at.file).parent_path();
  try {
    return read((folder / path).string(), columns, issues);
  } catch (const OutsideError& error) {
    issues.error(named_at, error.what());
    return std::nullopt;
  }
}

std::string quantile_problem(const std::vector<double>& percents,
                             const std::vector<double>& values) {
  if (percents.size() != values.size()) {
    return fmt::format("{} percents but {} values", percents.size(), values.size());
  }
  if (percents.size() < 2) return "a quantile table needs at least two points";
  if (percents.size() > 250) return "a quantile table has at most 250 points";
  for (std::size_t i = 0; i < percents.size(); ++i) {
    if (!(percents[i] >= 0 && percents[i] <= 100)) return "a percent is not within 0 to 100";
    if (!(values[i] > 0 && values[i] < 1e18)) return "a value is not positive";
    if (i == 0) continue;
    if (!(percents[i] > percents[i - 1])) return "the percents do not rise";
    if (!(values[i] >= values[i - 1])) return "the values fall from one percent to the next";
  }
  return {};
}

}  // namespace kvern
