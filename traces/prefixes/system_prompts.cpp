// system_prompts: prompts begin with one of a few shared texts, Zipf-popular.
#include "traces/prefixes.h"

namespace kvern::prefixes::system_prompts {

std::unique_ptr<Prefixes> make(Parameters& p) {
  auto prefixes = std::make_unique<Prefixes>();
  prefixes->system = read_system_prompts(p, 50);
  return prefixes;
}

}  // namespace kvern::prefixes::system_prompts
