// Block names of any kind as small numbers that stand for whole prefixes.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace kvern {

class BlockNames {
 public:
  static constexpr std::uint32_t kRoot = UINT32_MAX;  // the prefix of nothing

  // `name` already names a whole prefix.
  std::uint32_t of(std::uint64_t name) { return number(names_, name); }
  // `content` names a block alone: the number of (previous, content). Applied to names of whole
  // prefixes it changes nothing, for they have one predecessor each.
  std::uint32_t chained(std::uint32_t previous, std::uint64_t content) {
    return number(chains_, std::pair(previous, content));
  }
  // Of the very bytes of a block.
  std::uint32_t chained(std::uint32_t previous, std::string_view bytes) {
    std::string key(reinterpret_cast<const char*>(&previous), sizeof previous);
    key += bytes;
    return number(contents_, std::move(key));
  }

 private:
  template <class Map, class Key>
  std::uint32_t number(Map& map, Key key) {
    const auto [found, is_new] = map.try_emplace(std::move(key), next_);
    if (is_new) ++next_;
    return found->second;
  }

  std::uint32_t next_ = 0;
  absl::flat_hash_map<std::uint64_t, std::uint32_t> names_;
  absl::flat_hash_map<std::pair<std::uint32_t, std::uint64_t>, std::uint32_t> chains_;
  absl::flat_hash_map<std::string, std::uint32_t> contents_;
};

}  // namespace kvern
