#include "sim/attention/head/attention_form.h"

#include <algorithm>
#include <limits>

#include "sim/base/exact_math.h"

namespace kvern {

const char* attention_form_name(AttentionForm form) {
  switch (form) {
    case AttentionForm::Softmax1:
      return "softmax1";
    case AttentionForm::Relu:
      return "relu";
    case AttentionForm::Linear:
      return "linear";
    case AttentionForm::Softmax:
      break;
  }
  return "softmax";
}

void unit_values(AttentionForm form, std::span<const double> logits, UnitRow& row) {
  row.unit.resize(logits.size());
  row.sink = 0;
  if (form == AttentionForm::Relu) {
    for (std::size_t j = 0; j < logits.size(); ++j) row.unit[j] = std::max(0.0, logits[j]);
    return;
  }
  double most = -std::numeric_limits<double>::infinity();
  for (const double logit : logits) most = std::max(most, logit);
  for (std::size_t j = 0; j < logits.size(); ++j) row.unit[j] = exact::exp(logits[j] - most);
  if (form == AttentionForm::Softmax1) row.sink = exact::exp(-most);
}

double feature(double x) { return x > 0 ? x + 1 : exact::exp(x); }

double linear_unit(std::span<const float> query, std::span<const float> key) {
  double sum = 0;
  for (std::size_t d = 0; d < query.size(); ++d) sum += feature(query[d]) * feature(key[d]);
  return sum;
}

double output_scale(AttentionForm form, double total, double sink) {
  if (form == AttentionForm::Relu) return 1;
  const double whole = total + sink;
  return whole > 0 ? 1 / whole : 0;
}

}  // namespace kvern
