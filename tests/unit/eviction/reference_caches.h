// Caches of one block a request, stated as plainly as their papers do, for comparison with the
// policies: each answers, access by access, whether it was found.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <set>
#include <vector>

namespace kvern::reference {

using Ids = std::vector<std::uint32_t>;
using Found = std::vector<bool>;

inline bool has(const Ids& list, std::uint32_t id) {
  return std::find(list.begin(), list.end(), id) != list.end();
}
inline bool take(Ids& list, std::uint32_t id) { return std::erase(list, id) > 0; }
inline std::uint32_t take_first(Ids& list) {
  const std::uint32_t id = list.front();
  list.erase(list.begin());
  return id;
}
// What is remembered, oldest first.
inline void remember(Ids& ghosts, std::uint32_t id, std::size_t room) {
  ghosts.push_back(id);
  while (ghosts.size() > room) ghosts.erase(ghosts.begin());
}

// O'Neil, O'Neil, Weikum: the k-th last use decides; histories of `room` evicted ones are kept.
inline Found lru_k(const Ids& ids, std::size_t capacity, std::size_t k, std::size_t room) {
  std::map<std::uint32_t, std::deque<std::uint64_t>> resident, evicted;
  Ids ghosts;
  Found found;
  std::uint64_t now = 0;
  for (const std::uint32_t id : ids) {
    ++now;
    found.push_back(resident.contains(id));
    if (!found.back()) {
      std::deque<std::uint64_t> own;
      if (take(ghosts, id)) own = evicted[id];
      if (resident.size() == capacity) {
        const auto key = [k](const auto& each) {
          const auto& uses = each.second;
          return std::pair(uses.size() < k ? 0 : uses[k - 1], uses.front());
        };
        const auto victim =
            std::min_element(resident.begin(), resident.end(),
                             [&key](const auto& a, const auto& b) { return key(a) < key(b); });
        evicted[victim->first] = victim->second;
        remember(ghosts, victim->first, room);
        resident.erase(victim);
      }
      resident[id] = own;
    }
    auto& uses = resident[id];
    uses.push_front(now);
    if (uses.size() > k) uses.pop_back();
  }
  return found;
}

// Megiddo, Modha, FAST 2003, figure 4, case by case. Lists from LRU to MRU.
inline Found arc(const Ids& ids, std::size_t c) {
  Ids t1, t2, b1, b2;
  double p = 0;
  Found found;
  const auto replace = [&](bool in_b2) {
    if (!t1.empty() && (static_cast<double>(t1.size()) > p ||
                        (in_b2 && static_cast<double>(t1.size()) == p) || t2.empty())) {
      b1.push_back(take_first(t1));
    } else {
      b2.push_back(take_first(t2));
    }
  };
  for (const std::uint32_t x : ids) {
    const bool hit = take(t1, x) || take(t2, x);
    found.push_back(hit);
    if (hit) {
      t2.push_back(x);
    } else if (has(b1, x) || has(b2, x)) {
      const bool first = has(b1, x);
      const auto one = static_cast<double>(b1.size()), two = static_cast<double>(b2.size());
      p = first ? std::min(static_cast<double>(c), p + std::max(1.0, two / one))
                : std::max(0.0, p - std::max(1.0, one / two));
      replace(!first);
      take(b1, x);
      take(b2, x);
      t2.push_back(x);
    } else {
      if (t1.size() + b1.size() == c) {
        if (t1.size() < c) {
          take_first(b1);
          replace(false);
        } else {
          take_first(t1);
        }
      } else if (t1.size() + t2.size() + b1.size() + b2.size() >= c) {
        if (t1.size() + t2.size() + b1.size() + b2.size() == 2 * c) take_first(b2);
        replace(false);
      }
      t1.push_back(x);
    }
  }
  return found;
}

// Johnson, Shasha, VLDB 1994, full version.
inline Found two_q(const Ids& ids, std::size_t c, std::size_t in_room, std::size_t out_room) {
  Ids in, out, main;
  Found found;
  for (const std::uint32_t x : ids) {
    found.push_back(has(in, x) || has(main, x));
    if (take(main, x)) main.push_back(x);
    if (found.back()) continue;
    const bool known = take(out, x);
    if (in.size() + main.size() == c) {
      if (!in.empty() && (in.size() > in_room || main.empty())) {
        remember(out, take_first(in), out_room);
      } else {
        take_first(main);
      }
    }
    (known ? main : in).push_back(x);
  }
  return found;
}

// Yang et al., SOSP 2023, as its authors' code promotes: at two uses.
inline Found s3fifo(const Ids& ids, std::size_t c, std::size_t small_room, std::size_t ghost_room) {
  Ids small, main, ghosts;
  std::map<std::uint32_t, int> uses;
  Found found;
  const auto evict = [&] {
    const bool from_main = main.size() > c - small_room;
    while (!from_main && !small.empty()) {
      const std::uint32_t id = take_first(small);
      if (uses[id] < 2) return remember(ghosts, id, ghost_room);
      uses[id] = 0;
      main.push_back(id);
    }
    while (uses[main.front()]-- > 0) main.push_back(take_first(main));
    take_first(main);
  };
  for (const std::uint32_t x : ids) {
    found.push_back(has(small, x) || has(main, x));
    if (found.back()) {
      uses[x] = std::min(uses[x] + 1, 3);
      continue;
    }
    const bool known = take(ghosts, x);
    if (small.size() + main.size() == c) evict();
    uses[x] = 0;
    (known ? main : small).push_back(x);
  }
  return found;
}

// Jiang, Zhang, SIGMETRICS 2002, with the stack bounded as the policy says: of more than `most`
// entries the ones that were evicted first are forgotten.
class Lirs {
 public:
  Lirs(std::size_t lir_room, std::size_t most) : lir_room_(lir_room), most_(most) {}
  Found run(const Ids& ids, std::size_t c) {
    Found found;
    for (const std::uint32_t x : ids) {
      found.push_back(lir_.contains(x) || has(queue_, x));
      found.back() ? use(x) : bring(x, c);
      settle();
      while (stack_.size() > most_ && !ghosts_.empty()) take(stack_, take_first(ghosts_));
    }
    return found;
  }

 private:
  void use(std::uint32_t x) {
    const bool known = take(stack_, x);
    stack_.push_back(x);
    if (lir_.contains(x)) return;
    take(queue_, x);
    known ? void(lir_.insert(x)) : queue_.push_back(x);
  }
  void bring(std::uint32_t x, std::size_t c) {
    const bool known = take(ghosts_, x);
    take(stack_, x);
    if (lir_.size() + queue_.size() == c) {
      const std::uint32_t victim = take_first(queue_);
      if (has(stack_, victim)) ghosts_.push_back(victim);
    }
    stack_.push_back(x);
    known || lir_.size() < lir_room_ ? void(lir_.insert(x)) : queue_.push_back(x);
  }
  void settle() {
    prune();
    while (lir_.size() > lir_room_) {
      lir_.erase(stack_.front());
      queue_.push_back(stack_.front());
      prune();
    }
  }
  void prune() {
    while (!stack_.empty() && !lir_.contains(stack_.front())) take(ghosts_, take_first(stack_));
  }

  std::size_t lir_room_, most_;
  Ids stack_, queue_, ghosts_;
  std::set<std::uint32_t> lir_;
};

// Karedla, Love, Wherry 1994, two segments.
inline Found slru(const Ids& ids, std::size_t c, std::size_t room) {
  Ids probation, kept;
  Found found;
  for (const std::uint32_t x : ids) {
    const bool hit = take(probation, x) || take(kept, x);
    found.push_back(hit);
    if (hit) {
      kept.push_back(x);
      if (kept.size() > room) probation.push_back(take_first(kept));
      continue;
    }
    if (probation.size() + kept.size() == c) take_first(probation.empty() ? kept : probation);
    probation.push_back(x);
  }
  return found;
}

// LFU whose counts start at the count that went last (Arlitt et al. 2000); ties: the least recent.
inline Found lfuda(const Ids& ids, std::size_t c) {
  std::map<std::uint32_t, std::pair<std::uint64_t, std::uint64_t>> keys;  // key, last use
  std::map<std::uint32_t, std::uint64_t> uses;
  std::uint64_t clock = 0, now = 0;
  Found found;
  for (const std::uint32_t x : ids) {
    found.push_back(keys.contains(x));
    if (!found.back()) {
      if (keys.size() == c) {
        const auto victim =
            std::min_element(keys.begin(), keys.end(),
                             [](const auto& a, const auto& b) { return a.second < b.second; });
        clock = victim->second.first;
        keys.erase(victim);
      }
      uses[x] = 0;
    }
    keys[x] = {clock + ++uses[x], ++now};
  }
  return found;
}

// Clock as a queue of second chances, and SIEVE, whose hand stays where it is.
inline Found second_chance(const Ids& ids, std::size_t c, bool sieve) {
  Ids queue;
  std::map<std::uint32_t, bool> used;
  std::size_t hand = 0;
  Found found;
  for (const std::uint32_t x : ids) {
    found.push_back(has(queue, x));
    if (found.back()) {
      used[x] = true;
      continue;
    }
    if (queue.size() == c) {
      while (used[queue[hand]]) {
        used[queue[hand]] = false;
        if (sieve) {
          hand = hand + 1 == queue.size() ? 0 : hand + 1;
        } else {
          queue.push_back(take_first(queue));
        }
      }
      queue.erase(queue.begin() + static_cast<std::ptrdiff_t>(hand));
      if (hand == queue.size()) hand = 0;
    }
    used[x] = false;
    queue.push_back(x);
  }
  return found;
}

}  // namespace kvern::reference
