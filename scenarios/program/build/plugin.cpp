#include "scenarios/program/build/plugin.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <filesystem>

#include "policies/eviction.h"
#include "policies/plugin.h"
#include "scenarios/program/terminal/exit_codes.h"
#include "scenarios/program/terminal/signals.h"
#include "sim/base/outside_error.h"
#include "sim/cache/checked_eviction.h"
#include "sim/cache/conformance.h"

namespace kvern {
namespace {

// A shared library is opened into the process, not into an object of ours.
const kvern_eviction_policy* loaded = nullptr;

std::string& loaded_file() {
  static std::string file;
  return file;
}

PolicyTable<Eviction>& policies() {
  static PolicyTable<Eviction> all = eviction::table();
  return all;
}

class PluginEviction final : public Eviction {
 public:
  explicit PluginEviction(const kvern_eviction_policy& calls) : calls_(calls) {}
  ~PluginEviction() override { drop(); }
  PluginEviction(const PluginEviction&) = delete;
  PluginEviction& operator=(const PluginEviction&) = delete;

  void prepare(std::uint32_t capacity, const Draws&) override {
    drop();
    policy_ = calls_.create(capacity);
    if (policy_ == nullptr) {
      throw OutsideError(
          fmt::format("{}: create({}) of this plugin gives nothing", loaded_file(), capacity));
    }
  }
  void inserted(BlockId block, const BlockInfo& info, SimTime now) override {
    const kvern_block_info plain{info.content, info.parent,   info.depth,
                                 info.tokens,  info.bytes,    info.recompute_cost_ns,
                                 info.tenant,  info.category, info.request_tokens};
    calls_.inserted(policy_, index(block), &plain, now);
  }
  void touched(BlockId block, SimTime now) override { calls_.touched(policy_, index(block), now); }
  void pinned(BlockId block) override { calls_.pinned(policy_, index(block)); }
  void released(BlockId block, SimTime now) override {
    calls_.released(policy_, index(block), now);
  }
  void removed(BlockId block) override { calls_.removed(policy_, index(block)); }
  BlockId victim(SimTime now) override { return BlockId{calls_.victim(policy_, now)}; }

 private:
  void drop() {
    if (policy_ != nullptr) calls_.destroy(policy_);
    policy_ = nullptr;
  }

  const kvern_eviction_policy& calls_;
  void* policy_ = nullptr;
};

std::unique_ptr<Eviction> make_loaded(Parameters&) {
  return std::make_unique<CheckedEviction>(std::make_unique<PluginEviction>(*loaded));
}

// What is wrong with it, or "".
std::string fault_of(const kvern_eviction_policy* policy) {
  if (policy == nullptr) return "kvern_plugin() gives nothing";
  if (policy->version != KVERN_PLUGIN_VERSION || policy->size < sizeof(kvern_eviction_policy)) {
    return fmt::format("it is made for version {} of policies/plugin.h, this is {}",
                       policy->version, static_cast<int>(KVERN_PLUGIN_VERSION));
  }
  if (policy->name == nullptr || *policy->name == '\0') return "it has no name";
  const std::string_view name = policy->name;
  if (name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") != name.npos) {
    return "its name is not of small letters, digits and _";
  }
  const bool whole = policy->create != nullptr && policy->destroy != nullptr &&
                     policy->inserted != nullptr && policy->touched != nullptr &&
                     policy->pinned != nullptr && policy->released != nullptr &&
                     policy->removed != nullptr && policy->victim != nullptr;
  if (!whole) return "one of its functions is missing";
  for (const auto& known : eviction::table()) {
    if (std::string_view(known.name) == policy->name) {
      return fmt::format("there is an eviction policy \"{}\" already", known.name);
    }
  }
  return {};
}

std::string open_plugin(const std::string& file, Issues& issues) {
  const Location where{file, 0, 0};
  // With a folder, so that the library is not looked for elsewhere.
  void* library = dlopen(std::filesystem::absolute(file).c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    issues.error(where, fmt::format("can't open this plugin: {}", dlerror()));
    return {};
  }
  const auto entry =
      reinterpret_cast<const kvern_eviction_policy* (*)()>(dlsym(library, "kvern_plugin"));
  if (entry == nullptr) {
    issues.error(where, "this is no plugin: it has no function kvern_plugin",
                 "see policies/plugin.h");
    return {};
  }
  const kvern_eviction_policy* policy = entry();
  const std::string fault = fault_of(policy);
  if (!fault.empty()) {
    issues.error(where, "can't use this plugin: " + fault);
    return {};
  }
  if (loaded != nullptr && loaded != policy) {
    issues.error(where, "one plugin at a time");
    return {};
  }
  if (loaded == nullptr) policies().push_back({policy->name, &make_loaded});
  loaded = policy;
  loaded_file() = file;
  return policy->name;
}

}  // namespace

std::string load_plugin(const std::string& file, Issues& issues) {
  // A stranger's code: what it does to a process is seen in another one first.
  const ChildResult tried = try_plugin(file);
  if (interrupted()) return {};
  if (!tried.fault.empty()) {
    issues.error({file, 0, 0}, "can't use this plugin: the process that tried it " + tried.fault,
                 "kvern conform tries it alone");
    return {};
  }
  std::string name = open_plugin(file, issues);
  // It opens, and yet the contract could not be tried.
  if (!name.empty() && tried.exit_code == kUserError) {
    issues.error({file, 0, 0}, "can't use this plugin: " + tried.output);
    return {};
  }
  return name;
}

ChildResult try_plugin(const std::string& file) {
  constexpr double kSeconds = 30;  // a sound one takes a few
  return run_guarded(kSeconds, [&file](std::string& output) {
    Issues issues;
    std::string name = open_plugin(file, issues);
    if (name.empty()) {
      output = issues.text();
      return kUserError;
    }
    try {
      const auto findings = conformance_failures([&name] {
        Issues none;
        return make_policy(eviction_policies(), "eviction", parse_policy(name, {}, none), "", none);
      });
      for (const std::string& finding : findings) output += fmt::format("{}: {}\n", name, finding);
      if (findings.empty()) output = name + " conforms\n";
      return findings.empty() ? kGood : kMissed;
    } catch (const std::exception& error) {
      output = fmt::format("{}\n", error.what());
      return kUserError;
    }
  });
}

const std::string& plugin_file() { return loaded_file(); }

const PolicyTable<Eviction>& eviction_policies() { return policies(); }

}  // namespace kvern
