// What a scenario claims and varies: [paper], [[expect]], [[sweep]].
#include "scenarios/program/read/scenario_reader.h"

namespace kvern {
namespace {

std::optional<Config> copy_of(const Config* value) {
  return value != nullptr ? std::optional(*value) : std::nullopt;
}

// A point of a sweep: { "workload.time_scale" = 0.5 }.
std::optional<Config> read_point(Parameters& p, std::string_view key, std::string_view doc) {
  auto point = copy_of(p.any(key, doc, "point"));
  if (point && point->kind != Config::Kind::Table) {
    p.error(key, std::string(key) + " is not a table", "write { \"path.of.key\" = value }");
    return std::nullopt;
  }
  return point;
}

bool is_number_or_text(const Config& value) {
  return value.kind == Config::Kind::Integer || value.kind == Config::Kind::Number ||
         value.kind == Config::Kind::Text;
}

ExpectSpec read_expect(Parameters& p) {
  ExpectSpec expect;
  expect.where = p.where("");
  expect.metric = p.require<std::string>("metric", "a name of the summary, as \"ttft_ms_mean\"");
  const Config* value =
      p.any("value", "in the metric's unit; with `over` a ratio", "number | quantity");
  if (value == nullptr) {
    p.error("", "missing key \"value\" in [[expect]]", "what the metric should be");
  } else if (!is_number_or_text(*value)) {
    p.error("value", "value is neither a number nor a quantity");
  } else {
    expect.value = *value;
  }
  expect.tolerance =
      copy_of(p.any("tolerance", "\"15 %\" of the value, or a quantity", "number | quantity"));
  if (expect.tolerance && !is_number_or_text(*expect.tolerance)) {
    p.error("tolerance", "tolerance is neither a number nor a quantity", "write \"15 %\"");
  }
  expect.sense = p.choice("sense", "within", {"within", "at_least", "at_most"},
                          "within the tolerance on both sides, or an ordering");
  expect.source = p.get("source", "", "where the value was published");
  expect.peers = p.get("peers", "", "errors of other simulators on the same");
  expect.known = p.get("known", "", "why it is missed today: the miss is shown and does not count");
  expect.at = read_point(p, "where", "the points of a sweep that it speaks of");
  expect.over = read_point(p, "over", "the point to divide by");
  p.finish();
  return expect;
}

}  // namespace

std::optional<PaperSpec> read_paper(Parameters& top) {
  if (!top.has("paper")) {
    top.table("paper", "the publication that this reproduces");
    return std::nullopt;
  }
  Parameters p = top.table("paper", "the publication that this reproduces");
  PaperSpec paper;
  paper.title = p.get("title", "", "its title");
  paper.id = p.get("id", "", "\"arXiv:2407.00079\", a DOI");
  paper.what = p.get("what", "", "what is reproduced: \"table 1\"");
  paper.not_reproduced = p.get("not_reproduced", "", "what is not");
  p.finish();
  return paper;
}

std::vector<ExpectSpec> read_expects(Parameters& top) {
  std::vector<ExpectSpec> expects;
  for (Parameters& p : top.tables("expect", "claims about the summary")) {
    expects.push_back(read_expect(p));
  }
  return expects;
}

std::vector<SweepSpec> read_sweeps(Parameters& top) {
  std::vector<SweepSpec> sweeps;
  for (Parameters& p : top.tables("sweep", "keys that take several values, crossed")) {
    SweepSpec sweep;
    sweep.where = p.where("");
    sweep.key = p.require<std::string>("key", "path of a key, as \"pool.0.kv.blocks\"");
    const Config* values = p.any("values", "the values it takes", "list");
    if (values == nullptr || values->kind != Config::Kind::Array || values->items.empty()) {
      p.error("values", "a [[sweep]] needs values", "values = [1, 2, 4]");
    } else {
      sweep.values = values->items;
    }
    p.finish();
    sweeps.push_back(std::move(sweep));
  }
  return sweeps;
}

}  // namespace kvern
