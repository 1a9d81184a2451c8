// Every port with its policies, for `kvern describe`.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sim/base/config/parameters.h"

namespace kvern {

struct PortInfo {
  std::string name;      // "eviction"
  std::string question;  // "which cached block goes?"
  std::string folder;    // of its policies, in the source tree
  std::vector<std::string> policies;
  std::function<KeyBook(const std::string& policy)> keys;
};

const std::vector<PortInfo>& port_list();

// The comment at the top of a policy's file: what it does and where it comes from; "" if the source
// is not there.
std::string policy_comment(const PortInfo& port, const std::string& policy);

}  // namespace kvern
