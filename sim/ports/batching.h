// Port: what runs in the next step? Asked by the replica at each decision point. Answered in
// policies/batching.
#pragma once

namespace kvern {

class Planner;

class Batching {
 public:
  virtual ~Batching() = default;
  virtual void plan(Planner& planner) = 0;
};

}  // namespace kvern
