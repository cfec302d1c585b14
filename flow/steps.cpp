// SPDX-License-Identifier: Apache-2.0
#include "flow/steps.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace wd::flow {

void Steps::begin(const std::string& name, double expected_s) {
  name_ = name;
  ++number_;
  present_s_ = expected_s;
  share_ = 0;
  begun_ = std::chrono::steady_clock::now();
}

void Steps::at(double share) {
  share_ = std::clamp(share, 0.0, 1.0);
  progress_.update(1, label_ + " " + name());
}

void Steps::end(bool kept) {
  expected_s_ = std::max(0.0, expected_s_ - present_s_);
  if (!kept) {
    finished_s_ += present_s_;
    took_s_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
  }
  present_s_ = share_ = 0;
}

double Steps::left_s() const {
  const double factor = finished_s_ > 0 ? took_s_ / finished_s_ : 1;
  return factor * std::max(0.0, expected_s_ - share_ * present_s_);
}

std::string Steps::name() const {
  return text(number_, " of ", count_, ": ", name_, ", ", duration_text(left_s()), " left");
}

}  // namespace wd::flow
