// `kvern describe`: what scenarios and policies understand, from the same calls that read them.
#pragma once

#include <string>

namespace kvern {

// "": the list; "pool.kv": a table; "eviction": a port; "eviction.lru": a policy; "records". Prints
// to stdout; an unknown topic is a user error.
int describe_command(const std::string& topic);

}  // namespace kvern
