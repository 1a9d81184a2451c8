// A Llama-architecture language model (RMSNorm, rotary positions, grouped queries, SwiGLU, tied or
// untied head), float32 on CPUs.
//
// Many rows (prefill, layer-major replay) are cut into blocks, and a block passes through a whole
// layer on one thread, by BLAS. A few rows (lock-step decoding) cut the weights instead, each part
// read once by the narrow product.
#pragma once

#include <memory>
#include <string>

#include "models/transformer/weights.h"
#include "sim/base/worker_pool.h"
#include "sim/ports/language_model.h"

namespace kvern {

// The pool outlives the model.
std::unique_ptr<LanguageModel> make_transformer(Weights weights, WorkerPool& pool);
// From a file of weights; throws OutsideError.
std::unique_ptr<LanguageModel> load_transformer(const std::string& path, WorkerPool& pool);

}  // namespace kvern
