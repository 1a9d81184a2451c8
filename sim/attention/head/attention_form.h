// Forms of attention: how logits become weights. Every form is unit values u_j >= 0 of the visible
// tokens and a scale for the sum of u_j v_j:
//
//   softmax   u = exp(l - max l),  output = sum u v / sum u
//   softmax1  the same,            output = sum u v / (exp(-max l) + sum u)      (a "zero sink")
//   relu      u = max(0, l),       output = sum u v; a row without any u > 0 is a null row (ReLA)
//   linear    u = phi(q).phi(k),   output = sum u v / sum u, phi = elu + 1, from a running state
//
// What policies score, and what recall is of, is the mass u_j / sum u (0 in a null row).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace kvern {

enum class AttentionForm : std::uint8_t { Softmax, Softmax1, Relu, Linear };
const char* attention_form_name(AttentionForm form);

// Unit values of a row and what else its output's scale needs.
struct UnitRow {
  std::vector<double> unit;
  double sink = 0;  // softmax1: exp(-max); else 0
};

// From all logits of a row. Not for the linear form.
void unit_values(AttentionForm form, std::span<const double> logits, UnitRow& row);
// phi(query).phi(key) of the linear form, and phi.
double linear_unit(std::span<const float> query, std::span<const float> key);
double feature(double x);

// The scale of sum u_j v_j, where sum u_j = total.
double output_scale(AttentionForm form, double total, double sink);

}  // namespace kvern
