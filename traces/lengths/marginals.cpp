// marginals: any two distributions, as in "marginals(prompt=constant(value=512),
// output=geometric(mean=128), correlation=0.2)".
#include "traces/generate/distribution_reader.h"
#include "traces/lengths.h"

namespace kvern::lengths::marginals {
namespace {

std::optional<Distribution> read(Parameters& p, const char* key, const char* doc) {
  if (!p.has(key)) {
    p.error(key, std::string("missing key \"") + key + "\" in " + p.path(),
            "a distribution such as \"geometric(mean=128)\"");
  }
  return distribution_key(p, key, "", doc);
}

}  // namespace

std::unique_ptr<Lengths> make(Parameters& p) {
  auto prompt = read(p, "prompt", "distribution of prompt tokens");
  auto output = read(p, "output", "distribution of output tokens");
  return make_lengths(p, std::move(prompt), std::move(output), 0);
}

}  // namespace kvern::lengths::marginals
