#include "analysis/quality/token_groups.h"

#include <set>

namespace kvern {
namespace {

// The different values of a tag, when there are several.
std::set<std::string> values(const std::vector<TextTags>& tags, std::string TextTags::*tag) {
  std::set<std::string> found;
  for (const TextTags& each : tags) found.insert(each.*tag);
  if (found.size() < 2) found.clear();
  return found;
}

std::uint64_t count_of(const TokenCounts& counts, std::int32_t token) {
  const auto at = counts.find(token);
  return at != counts.end() ? at->second : 0;
}

bool has_predicted(const TokenGroup& group, const std::vector<ClosedText>& texts) {
  for (std::size_t t = 0; t < texts.size(); ++t) {
    for (std::uint32_t i = texts[t].prompt_tokens + 1; i < texts[t].tokens(); ++i) {
      if (group.member(t, i)) return true;
    }
  }
  return false;
}

}  // namespace

std::vector<TokenGroup> token_groups(const std::vector<ClosedText>& texts,
                                     const std::vector<TextTags>& tags, const TokenCounts& counts) {
  std::vector<TokenGroup> groups;
  groups.push_back({"all", "all", [](std::size_t, std::uint32_t) { return true; }});
  const auto add_tag = [&](const char* kind, std::string TextTags::*tag) {
    for (const std::string& value : values(tags, tag)) {
      groups.push_back({kind, value, [&tags, tag, value](std::size_t text, std::uint32_t) {
                          return tags[text].*tag == value;
                        }});
    }
  };
  add_tag("language", &TextTags::language);
  add_tag("domain", &TextTags::domain);
  struct Rarity {
    const char* name;
    std::uint64_t least, most;
  };
  constexpr Rarity kRarities[] = {
      {"rare", 0, 1}, {"uncommon", 2, 9}, {"common", 10, ~std::uint64_t{0}}};
  for (const Rarity& rarity : kRarities) {
    groups.push_back({"rarity", rarity.name,
                      [&texts, &counts, rarity](std::size_t text, std::uint32_t position) {
                        const std::uint64_t count = count_of(counts, texts[text].ids[position]);
                        return count >= rarity.least && count <= rarity.most;
                      }});
    if (!has_predicted(groups.back(), texts)) groups.pop_back();
  }
  return groups;
}

GroupWork group_work(const TokenGroup& group, const std::vector<ClosedText>& texts,
                     const std::vector<SequenceReplay>& sequences, std::size_t policy) {
  GroupWork work;
  const bool of_texts = group.kind != "rarity";
  for (std::size_t t = 0; t < sequences.size(); ++t) {
    const std::vector<StepReplay>& steps = sequences[t].steps[policy];
    for (std::uint32_t s = 0; s < steps.size(); ++s) {
      const std::uint32_t next = texts[t].prompt_tokens + s + 1;
      const bool last = next == texts[t].tokens();
      if (last ? !of_texts || !group.member(t, next - 1) : !group.member(t, next)) continue;
      ++work.steps;
      work.sum += steps[s];
    }
  }
  return work;
}

}  // namespace kvern
