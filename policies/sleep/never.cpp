// A replica stays awake: it draws what a board with a context does.
#include <memory>

#include "policies/sleep.h"

namespace kvern::sleep::never {
namespace {

class Never final : public Sleep {
 public:
  bool sleeps() const override { return false; }
  SleepChoice choose() const override { return {}; }
};

}  // namespace

std::unique_ptr<Sleep> make(Parameters&) { return std::make_unique<Never>(); }

}  // namespace kvern::sleep::never
